from collections.abc import Sequence

from community.events.catalogue import (
    ANSWER_ACCEPTED,
    BADGE_EARNED,
    MEMBER_MENTIONED,
    POST_DELETED,
    POST_HIDDEN,
    REACTION_RECEIVED,
    REPLY_CREATED,
)
from community.events.models import Event
from community.events.registry import follower

from . import telling

TOLD = (REPLY_CREATED, MEMBER_MENTIONED, ANSWER_ACCEPTED, REACTION_RECEIVED, BADGE_EARNED)


@follower("notifications", names=(*TOLD, POST_HIDDEN, POST_DELETED))
def tell_members(events: Sequence[Event]) -> None:
    """Tell the members whom these events concern; nobody hears of what was imported or taken back."""
    telling.tell([event for event in events if not event.backfill and event.retracted_at is None])
