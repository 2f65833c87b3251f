"""Taking posts out of sight and bringing them back. Nothing is thrown away."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.events.catalogue import POST_DELETED, POST_HIDDEN, POST_RESTORED, POST_UNHIDDEN
from community.events.services import record
from community.forum.models import Post, Topic

from .counting import lock_topic, recount_tags, settle, weight
from .telling import give_back, take_back

if TYPE_CHECKING:
    from community.members.models import Member

DELETED, HIDDEN, PUBLISHED = Post.Status.DELETED, Post.Status.HIDDEN, Post.Status.PUBLISHED
PENDING = Post.Status.PENDING


@transaction.atomic
def delete_post(post: Post, *, actor: Member, reason: str = "", now: datetime | None = None) -> Post:
    """Leave a stub in the post's place, and its topic with it when it is the opening.

    What the author earned with it no longer counts. Deleting it again changes nothing.
    """
    topic, post = _locked(post)
    if post.status == DELETED:
        return post
    now = now or timezone.now()
    before = post.status
    # One that was refused while it waited was never approved, and waits again when it is restored.
    if post.status_before != PENDING:
        post.status_before = post.status
    post.deleted_at, post.deleted_by = now, actor
    _change(post, topic, DELETED, reason)
    take_back(post)
    record(
        POST_DELETED, actor=actor, member=post.author, subject=post, occurred_at=now, key=now.isoformat(),
        topic_id=topic.pk, reason=reason or None,
    )  # fmt: skip
    _tell_audit("post.delete", post, actor, before, reason)
    return post


@transaction.atomic
def restore_post(post: Post, *, actor: Member, now: datetime | None = None) -> Post:
    """Bring a deleted post back as it was: one that waited for approval waits again, a hidden one is hidden."""
    topic, post = _locked(post)
    if post.status != DELETED:
        return post
    now = now or timezone.now()
    back_to = post.status_before or PUBLISHED
    post.status_before, post.deleted_at, post.deleted_by = "", None, None
    _change(post, topic, back_to, "")
    if back_to == PUBLISHED:
        give_back(post)
    record(
        POST_RESTORED, actor=actor, member=post.author, subject=post, occurred_at=now, key=now.isoformat(),
        topic_id=topic.pk,
    )  # fmt: skip
    _tell_audit("post.restore", post, actor, DELETED, "")
    return post


@transaction.atomic
def hide_post(post: Post, *, actor: Member | None, reason: str, now: datetime | None = None) -> Post:
    """Show a post to its author and moderators only; without an actor the flags did it.

    One that waits for approval is refused by it. What is hidden or deleted is left as it is.
    """
    _topic, post = _locked(post)
    if post.status not in (PUBLISHED, PENDING):
        return post
    now = now or timezone.now()
    before = post.status
    post = put_away(post, status=HIDDEN, reason=reason)
    record(
        POST_HIDDEN, actor=actor, member=post.author, subject=post, occurred_at=now, key=now.isoformat(),
        topic_id=post.topic_id, reason=reason,
    )  # fmt: skip
    _tell_audit("post.hide", post, actor, before, reason)
    return post


@transaction.atomic
def unhide_post(post: Post, *, actor: Member | None, now: datetime | None = None) -> Post:
    """Show a hidden post to everyone again, and let what was earned with it count again.

    One that was refused while it waited for approval waits again, for `publish_post`.
    """
    topic, post = _locked(post)
    if post.status != HIDDEN:
        return post
    now = now or timezone.now()
    back_to = post.status_before or PUBLISHED
    post.status_before = ""
    _change(post, topic, back_to, "")
    if back_to == PUBLISHED:
        give_back(post)
    record(
        POST_UNHIDDEN, actor=actor, member=post.author, subject=post, occurred_at=now, key=now.isoformat(),
        topic_id=topic.pk,
    )  # fmt: skip
    _tell_audit("post.unhide", post, actor, HIDDEN, "")
    return post


def put_away(post: Post, *, status: str, reason: str) -> Post:
    """Take a post out of sight, and what was earned with it; the caller tells of it."""
    topic, post = _locked(post)
    post.status_before = PENDING if post.status == PENDING else ""
    _change(post, topic, status, reason)
    take_back(post)
    return post


def _locked(post: Post) -> tuple[Topic, Post]:
    topic = lock_topic(post.topic_id)
    post = Post.objects.select_for_update(of=("self",)).select_related("author").get(pk=post.pk)
    return topic, post


def _change(post: Post, topic: Topic, status: str, reason: str) -> None:
    was = weight(topic)
    post.status, post.status_reason = status, reason[:300]
    post.save(update_fields=["status", "status_before", "status_reason", "deleted_at", "deleted_by"])
    if post.is_opening:
        topic.status = status
        topic.save(update_fields=["status"])
        recount_tags(topic.tags.values_list("pk", flat=True))
    settle(topic, was=was)


def _tell_audit(name: str, post: Post, actor: Member | None, before: str, reason: str) -> None:
    """People may take back their own words without the log of staff acts hearing of it."""
    if actor is None or actor.pk != post.author_id:
        audit(
            name, actor=actor, subject=post, before={"status": before}, after={"status": post.status},
            reason=reason,
        )  # fmt: skip
