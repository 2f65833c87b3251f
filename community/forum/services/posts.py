"""The life of a post: written, held, approved, hidden, deleted and brought back. Nothing is thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core import page_cache
from community.core.audit import audit
from community.core.permissions import Refused
from community.events.catalogue import (
    POST_APPROVED,
    POST_DELETED,
    POST_EDITED,
    POST_HIDDEN,
    POST_RESTORED,
    POST_UNHIDDEN,
    EventName,
)
from community.events.services import record
from community.forum import screening
from community.forum.models import Post, Topic

from . import counters, post_events, rendering, revisions, topics

if TYPE_CHECKING:
    from community.members.models import Member

PENDING, PUBLISHED = Post.Status.PENDING, Post.Status.PUBLISHED
HIDDEN, DELETED = Post.Status.HIDDEN, Post.Status.DELETED

# The state that `status_before` remembers; published when it remembers none.
AS_BEFORE: Final = "as before"

# (state, action): the state after it. Whatever is not listed changes nothing.
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
    """Reply; the same words sent again within five minutes are the first reply.

    Without a `kind` a reply to a question is an answer; with Kind.COMMENT it stands under `parent`, or under
    what `parent` itself stands under. Raises Refused when the topic is closed or a screener says no.
    """
    now = now or timezone.now()
    topic = counters.lock_topic(topic.pk)
    kind = kind or (Post.Kind.ANSWER if topic.is_question else Post.Kind.REPLY)
    parent = _parent(topic, parent, kind)
    if (earlier := _sent_before(topic, author, source, parent, now)) is not None:
        return earlier
    if screen and topic.is_closed and not author.is_moderator:
        raise Refused(_("This topic is closed to new replies."))
    verdict = screening.judge(author, topic.category, topic, source) if screen else screening.ALLOW
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
    mentioned = rendering.write(post, source)
    post.save()
    topic.last_number = post.number
    topic.save(update_fields=["last_number"])
    counters.settle(topic)
    if post.is_published:
        post_events.record_creation(post, topic, mentioned=mentioned)
    else:
        screening.announce_held(post)
    return post


@transaction.atomic
def edit(post: Post, *, actor: Member, source: str, reason: str = "", now: datetime | None = None) -> Post:
    """Give the post new words and keep the old ones in its history; the same words change nothing."""
    counters.lock_topic(post.topic_id)
    post = Post.objects.select_for_update(of=("self",)).select_related("author", "topic").get(pk=post.pk)
    if rendering.typed(source) == post.source:
        return post
    now = now or timezone.now()
    before = post.source
    revisions.keep_first(post)
    mentioned = rendering.write(post, source)
    revisions.add(post, actor=actor, reason=reason, now=now)
    if post.is_opening:
        Topic.objects.filter(pk=post.topic_id).update(excerpt=rendering.excerpt_of(post.source))
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
    """Change a post (of an opening the `title` and `tags` too) and let it wait for approval, like a new one.

    `why` is what its author reads until `approve` brings it back, with all that was earned with it; whom the
    change mentions is told then. A hidden post stays hidden.
    """
    now = now or timezone.now()
    topic, post = _locked(post)
    if _move(topic, post, "hold", reason=why, now=now):
        _record(POST_HIDDEN, post, actor=None, now=now, reason=why)
    if post.is_opening:
        topics.edit(topic, actor=actor, title=title, tags=tags, reason=reason, now=now)
    post = edit(post, actor=actor, source=source, reason=reason, now=now)
    if post.status == PENDING:
        screening.announce_held(post)
    return post


@transaction.atomic
def approve(post: Post, *, actor: Member | None) -> Post:
    """Publish a waiting post: from now on it is seen, and counts as of when it was written.

    With an opening post its topic appears.
    """
    topic, post = _locked(post)
    reason = post.status_reason
    if not _move(topic, post, "approve"):
        return post
    mentioned = rendering.write(post, post.source)
    post.save(update_fields=["html", "word_count"])
    post_events.record_creation(post, topic, mentioned=mentioned)
    record(POST_APPROVED, actor=actor, member=post.author, subject=post, topic_id=topic.pk)
    audit("post.approve", actor=actor, subject=post, after={"status": post.status}, reason=reason)
    return post


@transaction.atomic
def hide(post: Post, *, actor: Member | None, reason: str, now: datetime | None = None) -> Post:
    """Show a post to its author and moderators only; without an actor the flags did it.

    One that waits for approval is refused by it, and waits again when it is unhidden.
    """
    now = now or timezone.now()
    topic, post = _locked(post)
    before = post.status
    if _move(topic, post, "hide", reason=reason, now=now):
        _record(POST_HIDDEN, post, actor=actor, now=now, reason=reason)
        _audit("post.hide", post, actor=actor, before=before, reason=reason)
    return post


@transaction.atomic
def unhide(post: Post, *, actor: Member | None, now: datetime | None = None) -> Post:
    """Show a hidden post to everyone again; one that was refused while it waited waits for `approve` again."""
    now = now or timezone.now()
    topic, post = _locked(post)
    if _move(topic, post, "unhide", now=now):
        _record(POST_UNHIDDEN, post, actor=actor, now=now)
        _audit("post.unhide", post, actor=actor, before=HIDDEN)
    return post


@transaction.atomic
def delete(post: Post, *, actor: Member, reason: str = "", now: datetime | None = None) -> Post:
    """Leave a stub in the post's place, and its topic with it when it is the opening."""
    now = now or timezone.now()
    topic, post = _locked(post)
    before = post.status
    if _move(topic, post, "delete", actor=actor, reason=reason, now=now):
        _record(POST_DELETED, post, actor=actor, now=now, reason=reason or None)
        _audit("post.delete", post, actor=actor, before=before, reason=reason)
    return post


@transaction.atomic
def restore(post: Post, *, actor: Member, now: datetime | None = None) -> Post:
    """Bring a deleted post back as it was: one that waited for approval waits again, a hidden one is hidden."""
    now = now or timezone.now()
    topic, post = _locked(post)
    if _move(topic, post, "restore", now=now):
        _record(POST_RESTORED, post, actor=actor, now=now)
        _audit("post.restore", post, actor=actor, before=DELETED)
    return post


def _locked(post: Post) -> tuple[Topic, Post]:
    topic = counters.lock_topic(post.topic_id)
    posts = Post.objects.select_for_update(of=("self",)).select_related("author", "parent")
    return topic, posts.get(pk=post.pk)


def _move(
    topic: Topic,
    post: Post,
    action: str,
    *,
    reason: str = "",
    actor: Member | None = None,
    now: datetime | None = None,
) -> bool:
    """Take a locked post along TRANSITIONS, and all that hangs on it; return False where there is no way.

    Every change of what the public may see of a post passes here: the status of its topic, the counters, the
    page cache, and what its author earned with it.
    """
    to = TRANSITIONS.get((Post.Status(post.status), action))
    if to is None:
        return False
    if to == AS_BEFORE:
        to = Post.Status(post.status_before or PUBLISHED)
    was = counters.weight(topic)
    post.status_before = _remembered(post, to)
    post.status, post.status_reason = to, reason[:300]
    post.deleted_at, post.deleted_by = (now, actor) if to == DELETED else (None, None)
    post.save(update_fields=["status", "status_before", "status_reason", "deleted_at", "deleted_by"])
    if post.is_opening:
        topic.status = to
        topic.save(update_fields=["status"])
        counters.recount_tags(topic.tags.values_list("pk", flat=True))
    counters.settle(topic, was=was)
    page_cache.invalidate_on_commit()
    if to == PUBLISHED:
        post_events.reinstate_earned(post)
    else:
        post_events.retract_earned(post)
    return True


def _remembered(post: Post, to: str) -> str:
    """What `restore` or `unhide` brings back. One that was never approved is never published by them."""
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
    """Log what staff did; what people do to their own posts is no act of staff."""
    if actor is None or actor.pk != post.author_id:
        changes = {"before": {"status": before}, "after": {"status": post.status}}
        audit(act, actor=actor, subject=post, reason=reason, **changes)


def _sent_before(
    topic: Topic, author: Member, source: str, parent: Post | None, now: datetime
) -> Post | None:
    same = topic.posts.filter(author=author, parent=parent, source=rendering.typed(source))
    return (
        same.filter(created_at__gt=now - topics.REPEAT, created_at__lte=now).exclude(status=DELETED).first()
    )


def _parent(topic: Topic, parent: Post | None, kind: str) -> Post | None:
    if parent is None:
        if kind == Post.Kind.COMMENT:
            raise Refused(_("You cannot comment on this post."))
        return None
    if parent.topic_id != topic.pk:
        raise Refused(_("The post you are replying to is in another topic."))
    if kind == Post.Kind.COMMENT and parent.is_comment:
        return parent.parent
    return parent
