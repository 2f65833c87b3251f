"""What the event log is told about prospect forums."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from community.events.catalogue import (
    PROSPECT_PEER_REPLIED,
    PROSPECT_QUESTION_ASKED,
    PROSPECT_STAFF_REPLIED,
)
from community.events.models import Event
from community.events.services import record, retract
from community.events.services.recording import derived_id
from community.forum.models import Post, Topic
from community.prospects.links import links_out
from community.prospects.models import DeskQuestion

from .tracking import track_topic

GONE = "the reply is gone"


@transaction.atomic
def follow_topics(topic_ids: Iterable[int]) -> list[DeskQuestion]:
    """Bring the desk and the log in step with these topics; a second time changes nothing."""
    kept = [question for topic_id in sorted(set(topic_ids)) if (question := track_topic(topic_id))]
    for question in kept:
        _tell_question(question.topic)
        _tell_replies(question.topic)
    return kept


def _tell_question(topic: Topic) -> None:
    if topic.status == Topic.Status.PUBLISHED:
        record(PROSPECT_QUESTION_ASKED, actor=topic.author, subject=topic, occurred_at=topic.created_at)
    else:
        _retract(PROSPECT_QUESTION_ASKED, "forum.topic", topic.pk, "")


def _tell_replies(topic: Topic) -> None:
    replies = topic.posts.exclude(kind=Post.Kind.OPENING).exclude(author=topic.author)
    told = _told_of(topic)
    for post in replies.select_related("author").order_by("created_at"):
        if post.status == Post.Status.PUBLISHED and post.pk not in told:
            _tell_reply(post, topic)
        elif post.status != Post.Status.PUBLISHED and post.pk in told:
            _take_back(post)


def _told_of(topic: Topic) -> set[int | None]:
    """Posts whose events hold."""
    events = Event.objects.not_retracted().filter(
        member=topic.author_id,
        name__in=(PROSPECT_STAFF_REPLIED, PROSPECT_PEER_REPLIED),
        object_type="forum.post",
        object_id__in=topic.posts.values("pk"),
    )
    return set(events.values_list("object_id", flat=True))


def _tell_reply(post: Post, topic: Topic) -> None:
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
            links_out=len(links_out(post.source)),
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


def _take_back(post: Post) -> None:
    for name, key in (
        (PROSPECT_STAFF_REPLIED, ""),
        (PROSPECT_PEER_REPLIED, "replier"),
        (PROSPECT_PEER_REPLIED, "asker"),
    ):
        _retract(name, "forum.post", post.pk, key)


def _retract(name: str, object_type: str, object_id: int, key: str) -> None:
    event_id = derived_id(name, object_type, object_id, key)
    retract(list(Event.objects.filter(event_id=event_id)), reason=GONE)
