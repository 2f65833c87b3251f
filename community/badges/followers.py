from collections.abc import Sequence

from community.events.catalogue import BADGE_EARNED
from community.events.models import Event
from community.events.registry import follower

from . import services


# A rule may name any event, so it reads them all; large batches, because a member's badges are counted
# once a batch however many of its events are theirs.
@follower("badges", batch=3000)
def award_earned_badges(events: Sequence[Event]) -> None:
    """Give what these events can have earned to the members they belong to."""
    telling = [event for event in events if event.name != BADGE_EARNED and event.member_id is not None]
    members = {event.member_id for event in telling if event.member_id is not None}
    if members:
        services.award_earned(member_ids=sorted(members), event_names={event.name for event in telling})
