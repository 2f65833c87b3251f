"""Moderators' decisions on items of the review queue, and members' appeals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.forum.models import Post
from community.members.models import Member
from community.moderation.models import Reason, ReviewItem, Sanction
from community.notifications.models import Notification
from community.notifications.services import notify

from . import flags, post_actions, review_queue, sanctions


@dataclass(frozen=True)
class Decision:
    """What to do with a post, and optionally a sanction for its author."""

    post: str  # Decision.KEEP, HIDE or EDIT
    person: str = ""  # a Sanction.Kind, or empty for no sanction
    rule: str = Reason.OTHER
    reason: str = ""  # one sentence; the author reads it
    message: str = ""
    ends_at: datetime | None = None  # of a silence or suspension; None until it is lifted
    source: str = ""  # the new text if the post is edited

    KEEP = "keep"
    HIDE = "hide"
    EDIT = "edit"


_OUTCOMES = {
    Decision.KEEP: ReviewItem.Outcome.KEPT,
    Decision.HIDE: ReviewItem.Outcome.HIDDEN,
    Decision.EDIT: ReviewItem.Outcome.EDITED,
}


@transaction.atomic
def decide(item: ReviewItem, *, actor: Member, version: int, decision: Decision) -> ReviewItem:
    """Apply a decision on a flagged or held post to the post, its author and its flags, and close the item.

    Raises Conflict if another moderator was first, ValueError if a reason is missing.
    """
    item = review_queue.lock(item, version=version)
    post = item.post
    if post is None or item.kind == ReviewItem.Kind.APPEAL:
        raise ValueError("Use decide_appeal() for an appeal.")
    if not decision.reason and (decision.post != Decision.KEEP or decision.person):
        raise ValueError("A decision against the author needs a reason.")
    _apply_to_post(post, actor=actor, decision=decision)
    if decision.person:
        sanctions.impose(
            post.author,
            actor=actor,
            kind=decision.person,
            rule=decision.rule,
            reason=decision.reason,
            message=decision.message,
            ends_at=decision.ends_at,
            post=post,
        )
    decided = flags.resolve(post, upheld=decision.post != Decision.KEEP or bool(decision.person), actor=actor)
    says = _describe(decision)
    review_queue.close(item, actor=actor, outcome=_OUTCOMES[decision.post], says=says)
    _close_siblings(item, actor=actor, outcome=_OUTCOMES[decision.post], says=says)
    audit(
        "review.decide",
        actor=actor,
        subject=item,
        reason=decision.reason,
        after={
            "outcome": item.outcome,
            "person": decision.person,
            "ends_at": decision.ends_at,
            "post": post.pk,
            "flags": decided,
        },
    )
    return item


def _apply_to_post(post: Post, *, actor: Member, decision: Decision) -> None:
    if decision.post == Decision.HIDE:
        post_actions.hide(post, actor=actor, reason=decision.reason)
        return
    if decision.post == Decision.EDIT:
        post_actions.edit(post, actor=actor, source=decision.source, reason=decision.reason)
        post.refresh_from_db()
    post_actions.show(post, actor=actor)


def _describe(decision: Decision) -> str:
    what = {
        Decision.KEEP: _("kept the post"),
        Decision.HIDE: _("hid the post"),
        Decision.EDIT: _("edited the post"),
    }[decision.post]
    if decision.person:
        what = _("%(what)s and %(sanction)s") % {"what": what, "sanction": _sanction(decision.person)}
    return f"{what}: {decision.reason}" if decision.reason else what


def _sanction(kind: str) -> str:
    return {
        Sanction.Kind.WARNING: _("warned the author"),
        Sanction.Kind.SILENCE: _("silenced the author"),
        Sanction.Kind.SUSPENSION: _("suspended the author"),
    }[Sanction.Kind(kind)]


def _close_siblings(item: ReviewItem, *, actor: Member, outcome: str, says: str) -> None:
    """Close the post's other open items: a post can be both held and flagged."""
    others = ReviewItem.objects.select_for_update().open().filter(post=item.post, sanction=None)
    for other in others.exclude(pk=item.pk):
        review_queue.close(other, actor=actor, outcome=outcome, says=says)


@transaction.atomic
def appeal_sanction(sanction: Sanction, *, text: str) -> ReviewItem:
    """Appeal against a sanction; idempotent while the appeal is open."""
    Sanction.objects.select_for_update().get(pk=sanction.pk)
    waiting = ReviewItem.objects.open().filter(sanction=sanction).first()
    if waiting is not None:
        return waiting
    item = ReviewItem.objects.create(
        kind=ReviewItem.Kind.APPEAL,
        member=sanction.member,
        sanction=sanction,
        post=sanction.post,
        reason=_("Appeal against a %(kind)s") % {"kind": sanction.get_kind_display().lower()},
        text=text,
        priority=ReviewItem.Priority.HIGH if sanction.is_in_force else ReviewItem.Priority.MEDIUM,
    )
    review_queue.add_step(item, sanction.member, _("appealed"))
    return item


@transaction.atomic
def appeal_post(post: Post, *, text: str) -> ReviewItem:
    """Appeal against the hiding of a post; idempotent while the appeal is open."""
    Post.objects.select_for_update().get(pk=post.pk)
    waiting = ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.APPEAL, sanction=None).first()
    if waiting is not None:
        return waiting
    item = ReviewItem.objects.create(
        kind=ReviewItem.Kind.APPEAL,
        member=post.author,
        post=post,
        text=text,
        reason=_("Appeal against a hidden post"),
    )
    review_queue.add_step(item, post.author, _("appealed"))
    return item


@transaction.atomic
def decide_appeal(
    item: ReviewItem, *, actor: Member, version: int, take_back: bool, reason: str
) -> ReviewItem:
    """Uphold or reverse the earlier decision, and notify the person of the reason. Raises Conflict."""
    item = review_queue.lock(item, version=version)
    if item.kind != ReviewItem.Kind.APPEAL:
        raise ValueError("Only appeals can be decided here.")
    if take_back and item.sanction is not None:
        sanctions.lift(item.sanction, actor=actor, reason=reason)
    elif take_back and item.post is not None:
        post_actions.show(item.post, actor=actor)
    else:
        notify(
            item.member,
            kind=Notification.Kind.MODERATION,
            subject=item.sanction or item.post,  # type: ignore[arg-type]
            key=f"appeal:{item.pk}",
            text=_("We reviewed the decision, and it stands. %(why)s") % {"why": reason},
        )
    review_queue.close(
        item,
        actor=actor,
        outcome=ReviewItem.Outcome.LIFTED if take_back else ReviewItem.Outcome.UPHELD,
        says=(_("reversed the decision: %s") if take_back else _("upheld the decision: %s")) % reason,
    )
    audit("appeal.decide", actor=actor, subject=item, reason=reason, after={"outcome": item.outcome})
    return item
