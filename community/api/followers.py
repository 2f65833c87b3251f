from collections.abc import Sequence

from community.events.catalogue import COMPANY_JOINED, MEMBER_REGISTERED
from community.events.models import Event
from community.events.registry import follower

from .services import waiting_events


@follower("api.waiting", names=(MEMBER_REGISTERED, COMPANY_JOINED))
def apply_waiting(events: Sequence[Event]) -> None:
    """Apply waiting events to members who registered or joined a company."""
    pks = waiting_events.pks_for({event.member_id for event in events if event.member_id})
    if pks:
        waiting_events.apply(pks)
