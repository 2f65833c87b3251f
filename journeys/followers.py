from collections.abc import Sequence

from community.events.models import Event
from community.events.registry import follower

from . import services


@follower("journeys.mark", batch=5000)
def mark(events: Sequence[Event]) -> None:
    """Note which member-days these events make stale; the drains do the rest."""
    services.mark_events(events)
