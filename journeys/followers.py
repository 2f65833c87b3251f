from collections.abc import Sequence

from community.events.models import Event
from community.events.registry import follower

from .services import dirty


@follower("journeys.mark", batch=5000)
def mark(events: Sequence[Event]) -> None:
    """Mark the member-days of these events as dirty; the drains recompute them."""
    dirty.mark_events(events)
