from collections.abc import Sequence

from community.events.catalogue import REACTION_RECEIVED, REPLY_CREATED, TOPIC_CREATED
from community.events.models import Event
from community.events.registry import follower
from community.forum.services import hot_scores


@follower("forum.heat", names=(TOPIC_CREATED, REPLY_CREATED, REACTION_RECEIVED))
def heat_what_changed(events: Sequence[Event]) -> None:
    """Give topics their new hot score as soon as somebody wrote or liked there."""
    topics = {event.object_id if event.name == TOPIC_CREATED else event.props["topic_id"] for event in events}
    hot_scores.refresh(topic for topic in topics if topic)
