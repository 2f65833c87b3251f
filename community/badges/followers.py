from collections.abc import Sequence

from community.events.catalogue import BADGE_EARNED
from community.events.models import Event
from community.events.registry import follower

from .services import awards


# It reads all events, because a rule can name any. Batches are large, because a member's badges are counted once
# per batch, for any number of events.
@follower("badges", batch=5000)
def award_earned_badges(events: Sequence[Event]) -> None:
    """Award the badges that these events may have earned to their members."""
    awards.award_earned(
        [event for event in events if event.name != BADGE_EARNED and event.member_id is not None]
    )
