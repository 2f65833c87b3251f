from collections.abc import Sequence

from community.events.catalogue import COMPANY_JOINED, MEMBER_REGISTERED
from community.events.models import Event
from community.events.registry import follower

from . import services


@follower("api.waiting", names=(MEMBER_REGISTERED, COMPANY_JOINED))
def apply_waiting(events: Sequence[Event]) -> None:
    """Give people who came what has waited for them."""
    keys = services.waiting_for({event.member_id for event in events if event.member_id})
    if keys:
        services.apply_waiting(keys)
