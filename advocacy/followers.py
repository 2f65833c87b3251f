from collections.abc import Sequence

from community.events.catalogue import COMPANY_JOINED, MEMBER_ROLE_CHANGED
from community.events.models import Event
from community.events.registry import follower
from journeys.services.dirty import mark_members

from .services.peers import affected_by


@follower("advocacy.peers", names=(MEMBER_ROLE_CHANGED, COMPANY_JOINED))
def mark_affected_members(events: Sequence[Event]) -> None:
    """Mark the members whose score depends on the changed roles or companies."""
    changed = {event.member_id for event in events if event.member_id is not None}
    if changed:
        mark_members(affected_by(changed))
