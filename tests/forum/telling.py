"""What the tests ask the event log."""

from community.events.models import Event
from community.members.models import Member


def standing(*, member: Member | None = None) -> list[str]:
    """The names of the events that hold, oldest first, without those about retractions."""
    events = Event.objects.not_retracted().exclude(name__startswith="event.").order_by("received_at", "name")
    if member is not None:
        events = events.filter(member=member)
    return [event.name for event in events]


def sole(name: str) -> Event:
    return Event.objects.not_retracted().get(name=name)
