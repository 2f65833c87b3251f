from collections.abc import Sequence

from community.events.catalogue import COMPANY_JOINED, MEMBER_REGISTERED
from community.events.models import Event
from community.events.registry import follower

from .services import waiting_events


@follower("api.waiting", names=(MEMBER_REGISTERED, COMPANY_JOINED))
def apply_waiting(events: Sequence[Event]) -> None:
    """Apply events that were waiting for new members and companies, ahead of the scheduled task."""
    waiting_events.apply_to_new_identities()
