"""What moderators decide about what waits in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.forum.models import Post
from community.members.models import Member
from community.moderation import posts
from community.moderation.models import Reason, ReviewItem

from .flags import resolve_flags
from .queue import close, locked
from .sanctions import impose


@dataclass(frozen=True)
class Decision:
    """What happens to a post and, if anything, to the one who wrote it."""

    post: str  # Decision.KEEP, HIDE or EDIT
    person: str = ""  # a Sanction.Kind, or nothing
    rule: str = Reason.OTHER
    reason: str = ""  # one sentence; the author reads it
    message: str = ""
    ends_at: datetime | None = None  # of a silence or suspension; None: until it is lifted
    source: str = ""  # the new text, when the post is edited

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
    """Settle a flagged or held post: the post, its author, the flags and the item, all or nothing.

    Raises Conflict when another moderator was first, ValueError when a reason is missing.
    """
    item = locked(item, version=version)
    post = item.post
    if post is None or item.kind == ReviewItem.Kind.APPEAL:
        raise ValueError("An appeal is decided with decide_appeal().")
    if not decision.reason and (decision.post != Decision.KEEP or decision.person):
        raise ValueError("The author is owed a reason.")
    _apply_to_post(post, actor=actor, decision=decision)
    if decision.person:
        impose(
            post.author, actor=actor, kind=decision.person, rule=decision.rule, reason=decision.reason,
            message=decision.message, ends_at=decision.ends_at, post=post,
        )  # fmt: skip
    flags = resolve_flags(post, upheld=decision.post != Decision.KEEP or bool(decision.person), actor=actor)
    says = _said(decision)
    close(item, actor=actor, outcome=_OUTCOMES[decision.post], says=says)
    _close_siblings(item, actor=actor, outcome=_OUTCOMES[decision.post], says=says)
    audit(
        "review.decide", actor=actor, subject=item, reason=decision.reason,
        after={
            "outcome": item.outcome, "person": decision.person, "ends_at": decision.ends_at,
            "post": post.pk, "flags": flags,
        },
    )  # fmt: skip
    return item


def _apply_to_post(post: Post, *, actor: Member, decision: Decision) -> None:
    if decision.post == Decision.HIDE:
        posts.hide(post, actor=actor, reason=decision.reason)
        return
    if decision.post == Decision.EDIT:
        posts.edit(post, actor=actor, source=decision.source, reason=decision.reason)
        post.refresh_from_db()
    posts.show(post, actor=actor)


def _said(decision: Decision) -> str:
    what = {
        Decision.KEEP: _("kept the post"),
        Decision.HIDE: _("hid the post"),
        Decision.EDIT: _("edited the post"),
    }[decision.post]
    if decision.person:
        what += _(" and gave the author a %(kind)s") % {"kind": decision.person}
    return f"{what}: {decision.reason}" if decision.reason else what


def _close_siblings(item: ReviewItem, *, actor: Member, outcome: str, says: str) -> None:
    """A post that was held and flagged waits twice; one decision settles both."""
    others = ReviewItem.objects.select_for_update().open().filter(post=item.post, sanction=None)
    for other in others.exclude(pk=item.pk):
        close(other, actor=actor, outcome=outcome, says=says)
