from collections.abc import Sequence

from community.events.catalogue import REACTION_RECEIVED, REPLY_CREATED, TOPIC_CREATED
from community.events.models import Event
from community.events.registry import follower
from community.forum.services import hot_scores


@follower("forum.heat", names=(TOPIC_CREATED, REPLY_CREATED, REACTION_RECEIVED))
def refresh_hot_scores(events: Sequence[Event]) -> None:
    """Refresh the hot scores of topics with new posts or likes."""
    topics = {event.object_id if event.name == TOPIC_CREATED else event.props["topic_id"] for event in events}
    hot_scores.refresh(topic for topic in topics if topic)
