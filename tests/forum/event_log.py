"""Helpers for asserting on the event log."""

from community.events.models import Event
from community.members.models import Member


def event_names(*, member: Member | None = None) -> list[str]:
    """Return the names of events that are not retracted, oldest first, without retractions themselves."""
    events = Event.objects.not_retracted().exclude(name__startswith="event.").order_by("received_at", "name")
    if member is not None:
        events = events.filter(member=member)
    return [event.name for event in events]


def get_event(name: str) -> Event:
    """Return the only event with this name that is not retracted."""
    return Event.objects.not_retracted().get(name=name)
