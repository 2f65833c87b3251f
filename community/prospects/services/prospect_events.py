"""The events about prospect forums, derived from their topics."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from community.events.catalogue import (
    PROSPECT_PEER_REPLIED,
    PROSPECT_QUESTION_ASKED,
    PROSPECT_STAFF_REPLIED,
)
from community.events.models import Event
from community.events.services.recording import derived_id, record, retract
from community.forum.models import Post, Topic
from community.prospects.links import external_links
from community.prospects.models import DeskQuestion

from .tracking import track_topic

GONE = "the reply is gone"


@transaction.atomic
def sync_topics(topic_ids: Iterable[int]) -> list[DeskQuestion]:
    """Bring the desk and the event log up to date with these topics; idempotent."""
    questions = [question for topic_id in sorted(set(topic_ids)) if (question := track_topic(topic_id))]
    for question in questions:
        _sync_question(question.topic)
        _sync_replies(question.topic)
    return questions


def _sync_question(topic: Topic) -> None:
    if topic.status == Topic.Status.PUBLISHED:
        record(PROSPECT_QUESTION_ASKED, actor=topic.author, subject=topic, occurred_at=topic.created_at)
    elif topic.merged_into_id is None:  # otherwise it was still asked, and is retracted with its post
        _retract(PROSPECT_QUESTION_ASKED, "forum.topic", topic.pk, "")


def _sync_replies(topic: Topic) -> None:
    replies = topic.posts.exclude(kind=Post.Kind.OPENING).exclude(author=topic.author)
    recorded = _recorded_replies(topic)
    questions = set(replies.opened_merged_topic().values_list("pk", flat=True))
    for post in replies.select_related("author").order_by("created_at"):
        if post.status == Post.Status.PUBLISHED and post.pk not in recorded | questions:
            _record_reply(post, topic)
        elif post.status != Post.Status.PUBLISHED and post.pk in recorded:
            _retract_reply(post)


def _recorded_replies(topic: Topic) -> set[int | None]:
    """Return the ids of the posts with events that are not retracted."""
    events = Event.objects.not_retracted().filter(
        member=topic.author_id,
        name__in=(PROSPECT_STAFF_REPLIED, PROSPECT_PEER_REPLIED),
        object_type="forum.post",
        object_id__in=topic.posts.values("pk"),
    )
    return set(events.values_list("object_id", flat=True))


def _record_reply(post: Post, topic: Topic) -> None:
    minutes = int((post.created_at - topic.created_at).total_seconds() // 60)
    if post.author.is_team:
        record(
            PROSPECT_STAFF_REPLIED,
            actor=post.author,
            member=topic.author,
            counterpart=post.author,
            subject=post,
            occurred_at=post.created_at,
            minutes=minutes,
            words=post.word_count,
            links_out=len(external_links(post.source)),
        )
        return
    since = post.author.customer_since
    journey = getattr(post.author, "journey", None)
    for role, owner, other in (
        ("replier", post.author, topic.author),
        ("asker", topic.author, post.author),
    ):
        record(
            PROSPECT_PEER_REPLIED,
            actor=post.author,
            member=owner,
            counterpart=other,
            subject=post,
            occurred_at=post.created_at,
            key=role,
            role=role,
            replier_stage=journey.shown_stage if journey else None,
            customer_since=since.isoformat() if since else None,
        )


def _retract_reply(post: Post) -> None:
    for name, key in (
        (PROSPECT_STAFF_REPLIED, ""),
        (PROSPECT_PEER_REPLIED, "replier"),
        (PROSPECT_PEER_REPLIED, "asker"),
    ):
        _retract(name, "forum.post", post.pk, key)


def _retract(name: str, object_type: str, object_id: int, key: str) -> None:
    event_id = derived_id(name, object_type, object_id, key)
    retract(list(Event.objects.filter(event_id=event_id)), reason=GONE)
