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

from . import notify

NOTIFIED = (REPLY_CREATED, MEMBER_MENTIONED, ANSWER_ACCEPTED, REACTION_RECEIVED, BADGE_EARNED)


@follower("notifications", names=(*NOTIFIED, POST_HIDDEN, POST_DELETED))
def notify_members(events: Sequence[Event]) -> None:
    """Notify the members these events concern; skip imported and retracted events."""
    notify.notify_members([event for event in events if not event.backfill and event.retracted_at is None])
