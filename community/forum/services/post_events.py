"""The events of posts: recorded when a post is published, retracted when it is hidden, reinstated after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from community.events.catalogue import (
    ARTICLE_PUBLISHED,
    EVENT_REINSTATED,
    EVENT_RETRACTED,
    IDEA_SUBMITTED,
    MEMBER_MENTIONED,
    POST_DELETED,
    POST_HIDDEN,
    POST_RESTORED,
    POST_UNHIDDEN,
    QUESTION_ASKED,
    QUESTION_RESOLVED,
    REPLY_CREATED,
    TOPIC_CREATED,
    EventName,
)
from community.events.models import Event
from community.events.services.recording import (
    Draft,
    actor_role_of,
    derived_id,
    record,
    record_all,
    reinstate,
    retract,
)
from community.forum.models import Post, Topic

if TYPE_CHECKING:
    from community.members.models import Member

POST_GONE = "the post is gone"
# Events about the post's status stay true when the post is hidden or deleted.
NEVER_RETRACTED = (POST_DELETED, POST_HIDDEN, POST_RESTORED, POST_UNHIDDEN, EVENT_RETRACTED, EVENT_REINSTATED)


def creation_drafts(
    post: Post, topic: Topic, *, tags: list[str] | None = None, **fields: Any
) -> Iterator[Draft]:
    """Yield the events for the publication of a post, with its creation time.

    Events of an opening post are about its topic. `fields` are set on every draft (an import's `source` and
    `channel`). Prefetch the author and the topic's author.
    """
    common: dict[str, Any] = {
        "occurred_at": post.created_at,
        "member_id": post.author_id,
        "actor_id": post.author_id,
        "actor_role": actor_role_of(post.author),
        "company_id": post.author.company_id,
        **fields,
    }
    if post.is_opening:
        for name, payload in _opening_events(post, topic, tags or []):
            yield Draft(name=name, payload=payload, object_type="forum.topic", object_id=topic.pk, **common)
        return
    to = post.parent.author_id if post.is_comment and post.parent else topic.author_id
    payload = {"words": post.word_count, "is_answer": post.is_answer, "topic_id": topic.pk}
    yield Draft(
        name=REPLY_CREATED,
        payload=payload,
        object_type="forum.post",
        object_id=post.pk,
        counterpart_id=to,
        **common,
    )


def _opening_events(post: Post, topic: Topic, tags: list[str]) -> Iterator[tuple[EventName, dict[str, Any]]]:
    where = {"title": topic.title, "category": topic.category.slug}
    yield TOPIC_CREATED, {**where, "kind": topic.kind, "tags": tags}
    if topic.kind == Topic.Kind.QUESTION:
        yield QUESTION_ASKED, where
    elif topic.kind == Topic.Kind.IDEA:
        yield IDEA_SUBMITTED, where
    elif topic.kind == Topic.Kind.ARTICLE:
        yield ARTICLE_PUBLISHED, {"title": topic.title, "words": post.word_count}


def record_creation(post: Post, topic: Topic, *, mentioned: list[Member]) -> None:
    """Record the publication of a post and its mentions."""
    tags = [tag.name for tag in topic.tags.all()] if post.is_opening else []
    record_all([*creation_drafts(post, topic, tags=tags), *mention_drafts(post, mentioned)])


def mention_drafts(post: Post, mentioned: list[Member]) -> list[Draft]:
    """Return an event for each mentioned member, except the author."""
    return [
        Draft(
            name=MEMBER_MENTIONED,
            occurred_at=post.created_at,
            payload={"topic_id": post.topic_id},
            object_type="forum.post",
            object_id=post.pk,
            member_id=member.pk,
            actor_id=post.author_id,
            actor_role=actor_role_of(post.author),
            counterpart_id=post.author_id,
            company_id=member.company_id,
            key=str(member.pk),
        )
        for member in mentioned
        if member.pk != post.author_id
    ]


def record_new_mentions(post: Post, mentioned: list[Member], *, at: datetime) -> None:
    """Record mentions added by an edit; idempotent per post and member."""
    for member in mentioned:
        if member.pk != post.author_id:
            record(
                MEMBER_MENTIONED,
                actor=post.author,
                member=member,
                counterpart=post.author,
                subject=post,
                occurred_at=at,
                key=str(member.pk),
                topic_id=post.topic_id,
            )


def retract_author_events(post: Post) -> None:
    """Retract the author's events about a post that is hidden or deleted."""
    retract(list(_author_events(post).not_retracted()), reason=POST_GONE)


def reinstate_author_events(post: Post) -> None:
    """Reinstate what `retract_author_events` retracted."""
    reinstate(list(_author_events(post).filter(retract_reason=POST_GONE)), reason="the post is back")


def retract_one(name: EventName, object_type: str, object_id: int, key: str, *, reason: str) -> None:
    """Retract one event, identified by its name, object and key."""
    events = Event.objects.filter(event_id=derived_id(name, object_type, object_id, key))
    retract(list(events), reason=reason)
    # If it was retracted with its post, it must not be reinstated with it.
    events.filter(retract_reason=POST_GONE).update(retract_reason=reason)


def _author_events(post: Post) -> Any:
    """Return the author's events about the post, the topic it opens or opened, and the question it solved."""
    about = Q(object_type="forum.post", object_id=post.pk)
    if post.is_opening:
        about |= Q(object_type="forum.topic", object_id=post.topic_id) & ~Q(name=QUESTION_RESOLVED)
    merged = Topic.objects.merged().opened_by(post.author_id, post.created_at)
    if merged_ids := list(merged.values_list("pk", flat=True)):
        about |= Q(object_type="forum.topic", object_id__in=merged_ids) & ~Q(name=QUESTION_RESOLVED)
    events = Q(member_id=post.author_id) & about
    if post.is_accepted:
        events |= Q(event_id=derived_id(QUESTION_RESOLVED, "forum.topic", post.topic_id, str(post.pk)))
    return Event.objects.filter(events).exclude(name__in=NEVER_RETRACTED)
