"""The life of a post: created, held, approved, edited, hidden, deleted and restored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core import page_cache
from community.core.audit import audit
from community.core.permissions import Refused
from community.core.prepared import Prepared
from community.core.rendered_html import excerpt_of
from community.events.catalogue import (
    POST_APPROVED,
    POST_DELETED,
    POST_EDITED,
    POST_HIDDEN,
    POST_RESTORED,
    POST_UNHIDDEN,
    EventName,
)
from community.events.services.recording import record
from community.forum import screening
from community.forum.models import Post, Topic

from . import counters, post_events, rendering, revisions, topics

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from community.members.models import Member

PENDING, PUBLISHED = Post.Status.PENDING, Post.Status.PUBLISHED
HIDDEN, DELETED = Post.Status.HIDDEN, Post.Status.DELETED

# The status in `status_before`; published if that is empty.
AS_BEFORE: Final = "as before"

# (status, action): the new status. Combinations that are not listed change nothing.
TRANSITIONS: Final = MappingProxyType(
    {
        (PENDING, "approve"): PUBLISHED,
        (PENDING, "hide"): HIDDEN,
        (PENDING, "delete"): DELETED,
        (PUBLISHED, "hold"): PENDING,
        (PUBLISHED, "hide"): HIDDEN,
        (PUBLISHED, "delete"): DELETED,
        (HIDDEN, "unhide"): AS_BEFORE,
        (HIDDEN, "delete"): DELETED,
        (DELETED, "restore"): AS_BEFORE,
    }
)


@transaction.atomic
def create(
    topic: Topic,
    *,
    author: Member,
    source: str,
    parent: Post | None = None,
    kind: str = "",
    now: datetime | None = None,
    screen: bool = True,
) -> Post:
    """Reply to a topic. The same text sent again within DUPLICATE_WINDOW returns the first reply.

    Without `kind`, a reply to a question is an answer. With Kind.COMMENT, it is a comment on `parent`, or on
    the parent of `parent` if that is a comment itself. Raises Refused if the topic is closed, for a comment on
    an unpublished post, or if a screener refuses the post.
    """
    now = now or timezone.now()
    topic = counters.lock_topic(topic.pk)
    kind = kind or (Post.Kind.ANSWER if topic.is_question else Post.Kind.REPLY)
    parent = _resolve_parent(topic, parent, kind)
    if (earlier := _find_duplicate(topic, author, source, parent, now)) is not None:
        return earlier
    if screen and topic.is_closed and not author.is_moderator:
        raise Refused(_("This topic is closed to new replies."))
    verdict = screening.screen_post(author, topic.category, topic, source) if screen else screening.ALLOW
    post = Post(
        topic=topic,
        number=topic.last_number + 1,
        kind=kind,
        parent=parent,
        author=author,
        created_at=now,
        status=PENDING if verdict.hold else PUBLISHED,
        status_reason=verdict.sentence if verdict.hold else "",
    )
    mentioned = rendering.set_source(post, source, category=topic.category)
    post.save()
    topic.last_number = post.number
    counters.refresh(topic)
    if post.is_published:
        post_events.record_creation(post, topic, mentioned=mentioned)
    else:
        screening.announce_held(post)
    return post


class EditConflict(Exception):
    """The post was edited after the form was opened; `post` is the newest version."""

    def __init__(self, post: Post) -> None:
        super().__init__()
        self.post = post


def lock_version(post: Post, version: int) -> None:
    """Lock the post for editing this version. Raises EditConflict if there is a newer one."""
    _topic, newest = _lock(post)
    if newest.revision_count != version:
        raise EditConflict(newest)


@transaction.atomic
def edit(post: Post, *, actor: Member, source: str, reason: str = "", now: datetime | None = None) -> Post:
    """Change the post's text and keep the old text as a revision; idempotent.

    `source` is an edited `rendering.editable_source`: a post in HTML becomes Markdown if it was changed.
    """
    counters.lock_topic(post.topic_id)
    post = Post.objects.select_for_update(of=("self",)).select_related("author", "topic").get(pk=post.pk)
    if rendering.normalize(source) == rendering.normalize(rendering.editable_source(post)):
        return post
    now = now or timezone.now()
    before = post.source
    revisions.save_first(post)
    mentioned = rendering.edit_source(post, source)
    revisions.add(post, actor=actor, reason=reason, now=now)
    if post.is_opening:
        Topic.objects.filter(pk=post.topic_id).update(excerpt=excerpt_of(post.html))
    page_cache.invalidate_on_commit()
    if post.is_published:
        record(
            POST_EDITED,
            actor=actor,
            subject=post,
            occurred_at=now,
            key=str(post.revision_count),
            topic_id=post.topic_id,
            reason=reason or None,
        )
        post_events.record_new_mentions(post, mentioned, at=now)
    if actor.pk != post.author_id:
        changes = {"before": {"source": before}, "after": {"source": post.source}}
        audit("post.edit", actor=actor, subject=post, reason=reason, **changes)
    return post


@transaction.atomic
def edit_and_hold(
    post: Post,
    *,
    actor: Member,
    source: str,
    why: str,
    title: str = "",
    tags: Sequence[str] = (),
    reason: str = "",
    now: datetime | None = None,
) -> Post:
    """Edit a post (for an opening, also `title` and `tags`) and hold it for approval, like a new one.

    `why` is shown to the author until the post is approved. Its retracted events are reinstated then, and new
    mentions are recorded. A hidden post stays hidden.
    """
    now = now or timezone.now()
    topic, post = _lock(post)
    if _transition(topic, post, "hold", reason=why, now=now):
        _record(POST_HIDDEN, post, actor=None, now=now, reason=why)
    if post.is_opening:
        topics.edit(topic, actor=actor, title=title, tags=tags, reason=reason, now=now)
    post = edit(post, actor=actor, source=source, reason=reason, now=now)
    if post.status == PENDING:
        screening.announce_held(post)
    return post


@transaction.atomic
def approve(post: Post, *, actor: Member | None) -> Post:
    """Publish a pending post, and its topic if it is the opening; idempotent.

    Its events are recorded with the time it was written.
    """
    topic, post = _lock(post)
    reason = post.status_reason
    if not _transition(topic, post, "approve"):
        return post
    mentioned = rendering.set_source(post, post.source, category=topic.category)
    post.save(update_fields=["html", "word_count"])
    post_events.record_creation(post, topic, mentioned=mentioned)
    record(POST_APPROVED, actor=actor, member=post.author, subject=post, topic_id=topic.pk)
    audit("post.approve", actor=actor, subject=post, after={"status": post.status}, reason=reason)
    return post


@transaction.atomic
def hide(post: Post, *, actor: Member | None, reason: str, now: datetime | None = None) -> Post:
    """Hide a post from everyone but its author and moderators; idempotent. No actor: hidden by flags.

    A post hidden while it waits for approval waits again when it is unhidden.
    """
    now = now or timezone.now()
    topic, post = _lock(post)
    before = post.status
    if _transition(topic, post, "hide", reason=reason, now=now):
        _record(POST_HIDDEN, post, actor=actor, now=now, reason=reason)
        _audit("post.hide", post, actor=actor, before=before, reason=reason)
    return post


@transaction.atomic
def unhide(post: Post, *, actor: Member | None, now: datetime | None = None) -> Post:
    """Unhide a post; one that was hidden before it was approved waits for approval again. Idempotent."""
    now = now or timezone.now()
    topic, post = _lock(post)
    if _transition(topic, post, "unhide", now=now):
        _record(POST_UNHIDDEN, post, actor=actor, now=now)
        _audit("post.unhide", post, actor=actor, before=HIDDEN)
    return post


@transaction.atomic
def delete(post: Post, *, actor: Member, reason: str = "", now: datetime | None = None) -> Post:
    """Delete a post, leaving a stub; deleting the opening deletes its topic. Idempotent."""
    now = now or timezone.now()
    topic, post = _lock(post)
    before = post.status
    if _transition(topic, post, "delete", actor=actor, reason=reason, now=now):
        _record(POST_DELETED, post, actor=actor, now=now, reason=reason or None)
        _audit("post.delete", post, actor=actor, before=before, reason=reason)
    return post


@transaction.atomic
def restore(post: Post, *, actor: Member, now: datetime | None = None) -> Post:
    """Restore a deleted post to its status before deletion; never publishes an unapproved one. Idempotent."""
    now = now or timezone.now()
    topic, post = _lock(post)
    if _transition(topic, post, "restore", now=now):
        _record(POST_RESTORED, post, actor=actor, now=now)
        _audit("post.restore", post, actor=actor, before=DELETED)
    return post


def _lock(post: Post) -> tuple[Topic, Post]:
    topic = counters.lock_topic(post.topic_id)
    posts = Post.objects.select_for_update(of=("self",)).select_related("author", "parent")
    return topic, posts.get(pk=post.pk)


def _transition(
    topic: Topic,
    post: Post,
    action: str,
    *,
    reason: str = "",
    actor: Member | None = None,
    now: datetime | None = None,
) -> bool:
    """Change the status of a locked post as in TRANSITIONS; return False if there is no such transition.

    Every change of a post's visibility goes through here. Updates the topic's status, the counters, the page
    cache and the author's events.
    """
    to = TRANSITIONS.get((Post.Status(post.status), action))
    if to is None:
        return False
    if to == AS_BEFORE:
        to = Post.Status(post.status_before or PUBLISHED)
    before = counters.contribution(topic)
    post.status_before = _status_to_restore(post, to)
    post.status, post.status_reason = to, reason[:300]
    post.deleted_at, post.deleted_by = (now, actor) if to == DELETED else (None, None)
    post.save(update_fields=["status", "status_before", "status_reason", "deleted_at", "deleted_by"])
    if post.is_opening:
        topic.status = to
        topic.save(update_fields=["status"])
        counters.recount_tags(topic.tags.values_list("pk", flat=True))
    counters.refresh(topic, before=before)
    page_cache.invalidate_on_commit()
    if to == PUBLISHED:
        post_events.reinstate_author_events(post)
    else:
        post_events.retract_author_events(post)
    return True


def _status_to_restore(post: Post, to: str) -> str:
    """Return the status for `restore` or `unhide`; pending if the post was never approved."""
    if to not in (HIDDEN, DELETED):
        return ""
    if PENDING in (post.status, post.status_before):
        return PENDING
    return post.status if to == DELETED else ""


def _record(name: EventName, post: Post, *, actor: Member | None, now: datetime, **payload: Any) -> None:
    record(
        name,
        actor=actor,
        member=post.author,
        subject=post,
        occurred_at=now,
        key=now.isoformat(),
        topic_id=post.topic_id,
        **payload,
    )


def _audit(act: str, post: Post, *, actor: Member | None, before: str, reason: str = "") -> None:
    """Write an audit entry, except for actions on one's own post."""
    if actor is None or actor.pk != post.author_id:
        changes = {"before": {"status": before}, "after": {"status": post.status}}
        audit(act, actor=actor, subject=post, reason=reason, **changes)


def _find_duplicate(
    topic: Topic, author: Member, source: str, parent: Post | None, now: datetime
) -> Post | None:
    same = {"topic_id": topic.pk, "author_id": author.pk, "source": rendering.normalize(source)}
    if parent is not None:
        same["parent_id"] = parent.pk
    find = _recent(is_reply=parent is not None)
    return find.first(**same, since=now - topics.DUPLICATE_WINDOW, now=now)


@cache
def _recent(*, is_reply: bool) -> Prepared[Post]:
    """The posts that were sent since and are not deleted; `is_reply` to another post."""

    def build(
        topic_id: int, author_id: int, source: str, since: datetime, now: datetime, parent_id: int
    ) -> QuerySet[Post]:
        posts = Post.objects.filter(topic=topic_id, author=author_id, source=source)
        posts = posts.filter(parent=parent_id) if is_reply else posts.filter(parent=None)
        return posts.filter(created_at__gt=since, created_at__lte=now).exclude(status=DELETED)

    return Prepared(build, limit=1)


def _resolve_parent(topic: Topic, parent: Post | None, kind: str) -> Post | None:
    if parent is not None and parent.topic_id != topic.pk:
        raise Refused(_("The post you are replying to is in another topic."))
    if kind != Post.Kind.COMMENT:
        return parent
    if parent is not None and parent.is_comment:
        parent = parent.parent
    if parent is None:
        raise Refused(_("You cannot comment on this post."))
    parent.refresh_from_db(fields=["status"])  # it may have been held or hidden before the topic was locked
    if not parent.is_published:
        raise Refused(_("You can only comment on published posts."))
    return parent
