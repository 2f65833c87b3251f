"""Members' answers to what was decided about them."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.forum.models import Post
from community.members.models import Member
from community.moderation import posts
from community.moderation.models import ReviewItem, Sanction
from community.notifications.models import Notification
from community.notifications.services import notify

from .queue import close, locked, note
from .sanctions import lift


@transaction.atomic
def appeal_sanction(sanction: Sanction, *, text: str) -> ReviewItem:
    """Ask for another look at a warning, silence or suspension; asking again while it waits changes nothing."""
    Sanction.objects.select_for_update().get(pk=sanction.pk)
    waiting = ReviewItem.objects.open().filter(sanction=sanction).first()
    if waiting is not None:
        return waiting
    item = ReviewItem.objects.create(
        kind=ReviewItem.Kind.APPEAL, member=sanction.member, sanction=sanction, post=sanction.post,
        reason=_("Appeal against a %(kind)s") % {"kind": sanction.get_kind_display().lower()}, text=text,
        priority=ReviewItem.Priority.HIGH if sanction.is_in_force else ReviewItem.Priority.MEDIUM,
    )  # fmt: skip
    note(item, sanction.member, _("asked for another look"))
    return item


@transaction.atomic
def appeal_post(post: Post, *, text: str) -> ReviewItem:
    """Ask for another look at one's hidden post; asking again while it waits changes nothing."""
    Post.objects.select_for_update().get(pk=post.pk)
    waiting = ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.APPEAL, sanction=None).first()
    if waiting is not None:
        return waiting
    item = ReviewItem.objects.create(
        kind=ReviewItem.Kind.APPEAL, member=post.author, post=post, text=text,
        reason=_("The author asks for another look at a hidden post"),
    )  # fmt: skip
    note(item, post.author, _("asked for another look"))
    return item


@transaction.atomic
def decide_appeal(
    item: ReviewItem, *, actor: Member, version: int, take_back: bool, reason: str
) -> ReviewItem:
    """Let the earlier decision stand, or take it back; the person is told why. Raises Conflict."""
    item = locked(item, version=version)
    if item.kind != ReviewItem.Kind.APPEAL:
        raise ValueError("Only an appeal is decided here.")
    if take_back and item.sanction is not None:
        lift(item.sanction, actor=actor, reason=reason)
    elif take_back and item.post is not None:
        posts.show(item.post, actor=actor)
    else:
        notify(
            item.member, kind=Notification.Kind.MODERATION, subject=item.sanction or item.post,  # type: ignore[arg-type]
            key=f"appeal:{item.pk}", text=_("We looked again, and the decision stands. %(why)s") % {"why": reason},
        )  # fmt: skip
    close(
        item, actor=actor,
        outcome=ReviewItem.Outcome.LIFTED if take_back else ReviewItem.Outcome.UPHELD,
        says=(_("took the decision back: %s") if take_back else _("let the decision stand: %s")) % reason,
    )  # fmt: skip
    audit("appeal.decide", actor=actor, subject=item, reason=reason, after={"outcome": item.outcome})
    return item
