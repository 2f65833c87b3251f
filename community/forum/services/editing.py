"""Changing what was written; every earlier version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.events.catalogue import POST_EDITED, TOPIC_EDITED
from community.events.services import record
from community.forum.kept_pages import topic_changed
from community.forum.models import Post, Revision, Topic

from . import rendering
from .counting import lock_topic
from .tagging import set_tags, tag_name
from .telling import tell_new_mentions
from .writing import topic_slug

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def edit_post(
    post: Post, *, actor: Member, source: str, reason: str = "", now: datetime | None = None
) -> Post:
    """Give the post new words and keep the old ones in its history; the same words change nothing."""
    lock_topic(post.topic_id)
    post = Post.objects.select_for_update(of=("self",)).select_related("author", "topic").get(pk=post.pk)
    if rendering.typed(source) == post.source:
        return post
    now = now or timezone.now()
    before = post.source
    _keep_first_version(post)
    mentioned = rendering.write(post, source)
    _add_version(post, actor=actor, reason=reason, now=now)
    if post.is_opening:
        Topic.objects.filter(pk=post.topic_id).update(excerpt=rendering.excerpt_of(post.source))
    topic_changed(post.topic_id, lists=post.is_opening)
    if post.is_published:
        record(
            POST_EDITED, actor=actor, subject=post, occurred_at=now, key=str(post.revision_count),
            topic_id=post.topic_id, reason=reason or None,
        )  # fmt: skip
        tell_new_mentions(post, mentioned, at=now)
    if actor.pk != post.author_id:
        audit(
            "post.edit", actor=actor, subject=post, reason=reason,
            before={"source": before}, after={"source": post.source},
        )  # fmt: skip
    return post


@transaction.atomic
def edit_topic(
    topic: Topic,
    *,
    actor: Member,
    title: str,
    tags: Sequence[str],
    reason: str = "",
    now: datetime | None = None,
) -> Topic:
    """Change a topic's title and tags; what stays the same is not told. Raises Refused for too many tags."""
    topic = lock_topic(topic.pk)
    now = now or timezone.now()
    title = " ".join(rendering.typed(title).split())
    earlier = (topic.title, [tag.name for tag in topic.tags.all()])
    what = _changes(earlier, (title, list(filter(None, map(tag_name, tags)))))
    if not what:
        return topic
    opening = topic.posts.select_for_update().get(kind=Post.Kind.OPENING)
    opening.topic = topic
    _keep_first_version(opening)
    new_tags = set_tags(topic, tags)
    topic.title, topic.slug = title, topic_slug(title)
    topic.save(update_fields=["title", "slug"])
    _add_version(opening, actor=actor, reason=reason, now=now)
    topic_changed(topic.pk)
    if topic.is_published:
        record(
            TOPIC_EDITED, actor=actor, subject=topic, occurred_at=now, what=what,
            key=str(opening.revision_count),
        )  # fmt: skip
    if actor.pk != topic.author_id:
        audit(
            "topic.edit", actor=actor, subject=topic, reason=reason,
            before={"title": earlier[0], "tags": earlier[1]}, after={"title": title, "tags": new_tags},
        )  # fmt: skip
    return topic


def _changes(before: tuple[str, list[str]], after: tuple[str, list[str]]) -> list[str]:
    what = ["title"] if before[0] != after[0] else []
    return [*what, "tags"] if set(before[1]) != set(after[1]) else what


def _keep_first_version(post: Post) -> None:
    if post.revision_count == 0:
        _version(post, number=1, editor=post.author, reason="", at=post.created_at)


def _add_version(post: Post, *, actor: Member, reason: str, now: datetime) -> None:
    post.revision_count += 1
    post.edited_at, post.edited_by = now, actor
    post.save(update_fields=["source", "html", "word_count", "revision_count", "edited_at", "edited_by"])
    _version(post, number=post.revision_count + 1, editor=actor, reason=reason, at=now)


def _version(post: Post, *, number: int, editor: Member, reason: str, at: datetime) -> None:
    title, tags = "", ""
    if post.is_opening:
        title = post.topic.title
        tags = ",".join(sorted(post.topic.tags.values_list("name", flat=True)))
    Revision.objects.get_or_create(
        post=post, number=number,
        defaults={
            "title": title, "tags": tags, "source": post.source, "editor": editor, "reason": reason,
            "created_at": at,
        },
    )  # fmt: skip
