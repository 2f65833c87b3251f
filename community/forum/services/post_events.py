"""The events of posts: recorded when a post appears, retracted when it goes, reinstated when it is back."""

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
from community.events.services import Draft, record, record_all, reinstate, retract
from community.events.services.recording import actor_role_of, derived_id
from community.forum.models import Post, Topic

if TYPE_CHECKING:
    from community.members.models import Member

GONE = "the post is gone"
# What became of the post is no merit of its author's, and stays true when the post goes again.
NOT_EARNED = (POST_DELETED, POST_HIDDEN, POST_RESTORED, POST_UNHIDDEN, EVENT_RETRACTED, EVENT_REINSTATED)


def creation_drafts(
    post: Post, topic: Topic, *, tags: list[str] | None = None, **fields: Any
) -> Iterator[Draft]:
    """Yield what happened when `post` appeared, as of its own creation.

    Those of an opening post are about its topic. `fields` go onto every draft (an import's `source` and `channel`).
    The author and the topic's author must be loaded or cheap to load.
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
        for name, payload in _beginnings(post, topic, tags or []):
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


def _beginnings(post: Post, topic: Topic, tags: list[str]) -> Iterator[tuple[EventName, dict[str, Any]]]:
    where = {"title": topic.title, "category": topic.category.slug}
    yield TOPIC_CREATED, {**where, "kind": topic.kind, "tags": tags}
    if topic.kind == Topic.Kind.QUESTION:
        yield QUESTION_ASKED, where
    elif topic.kind == Topic.Kind.IDEA:
        yield IDEA_SUBMITTED, where
    elif topic.kind == Topic.Kind.ARTICLE:
        yield ARTICLE_PUBLISHED, {"title": topic.title, "words": post.word_count}


def record_creation(post: Post, topic: Topic, *, mentioned: list[Member]) -> None:
    """Record that a published post appeared, and whom it mentions."""
    tags = [tag.name for tag in topic.tags.all()] if post.is_opening else []
    record_all([*creation_drafts(post, topic, tags=tags), *mention_drafts(post, mentioned)])


def mention_drafts(post: Post, mentioned: list[Member]) -> list[Draft]:
    """Return the events of those mentioned, besides the author."""
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
    """Record whom an edit mentions; nobody is mentioned twice by the same post."""
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


def retract_earned(post: Post) -> None:
    """Let what the author earned with this post no longer count, as when it is hidden or deleted."""
    retract(list(_earned_by(post).not_retracted()), reason=GONE)


def reinstate_earned(post: Post) -> None:
    """Let what was taken back with `retract_earned` count again."""
    reinstate(list(_earned_by(post).filter(retract_reason=GONE)), reason="the post is back")


def retract_one(name: EventName, object_type: str, object_id: int, key: str, *, reason: str) -> None:
    """Retract one event of the forum that is known by what it is about."""
    events = Event.objects.filter(event_id=derived_id(name, object_type, object_id, key))
    retract(list(events), reason=reason)
    # One that went with its post would come back with it otherwise.
    events.filter(retract_reason=GONE).update(retract_reason=reason)


def _earned_by(post: Post) -> Any:
    """The author's events about the post, the topic it opens, and the question it solved."""
    about = Q(object_type="forum.post", object_id=post.pk)
    if post.is_opening:
        about |= Q(object_type="forum.topic", object_id=post.topic_id) & ~Q(name=QUESTION_RESOLVED)
    mine = Q(member_id=post.author_id) & about
    if post.is_accepted:
        mine |= Q(event_id=derived_id(QUESTION_RESOLVED, "forum.topic", post.topic_id, str(post.pk)))
    return Event.objects.filter(mine).exclude(name__in=NOT_EARNED)
