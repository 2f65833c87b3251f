from collections.abc import Sequence

from community.events.catalogue import (
    EVENT_REINSTATED,
    EVENT_RETRACTED,
    QUESTION_RESOLVED,
    REPLY_CREATED,
    TOPIC_CREATED,
    TOPIC_EDITED,
)
from community.events.models import Event
from community.events.registry import follower
from community.forum.models import Category, Post, Topic

from .services import prospect_events

# Hiding or deleting a post retracts its reply.created, and restoring it reinstates the event.
NAMES = (TOPIC_CREATED, TOPIC_EDITED, REPLY_CREATED, QUESTION_RESOLVED, EVENT_RETRACTED, EVENT_REINSTATED)


@follower("prospects", names=NAMES)
def sync_desk(events: Sequence[Event]) -> None:
    """Update the desk's questions, and the events about prospects, from the forum."""
    topics = _ids(events, "forum.topic")
    topics |= set(Post.objects.filter(pk__in=_ids(events, "forum.post")).values_list("topic", flat=True))
    ours = Topic.objects.filter(pk__in=topics, category__kind=Category.Kind.PROSPECT)
    moved_away = Topic.objects.filter(pk__in=topics, at_desk__isnull=False)
    prospect_events.sync_topics(
        {*ours.values_list("pk", flat=True), *moved_away.values_list("pk", flat=True)}
    )


def _ids(events: Sequence[Event], object_type: str) -> set[int]:
    return {event.object_id for event in events if event.object_id and event.object_type == object_type}
