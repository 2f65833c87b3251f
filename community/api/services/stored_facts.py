"""Look up what is stored under the ids of facts: a waiting row, an event, or neither."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from community.api.models import EventKey, WaitingEvent
from community.events.models import Event, RecordedId

from .inbound_facts import DIGEST_PREFIX, Identity, InboundFact, digest_of, inbound_fact_from, version_id

WITHDRAWN = "withdrawn by the system that sent it"


@dataclass(frozen=True)
class Stored:
    """The current version of a fact: its event, its waiting row, or neither if it was dismissed or purged."""

    digest: str
    version: int
    waiting: WaitingEvent | None
    event: Event | None

    @property
    def is_recorded(self) -> bool:
        return self.event is not None

    @property
    def is_withdrawn(self) -> bool:
        """Whether the event was retracted because the sender said that it never happened."""
        return bool(self.event and self.event.retracted_at and self.event.retract_reason == WITHDRAWN)

    @property
    def member_id(self) -> int | None:
        return self.event.member_id if self.event else None

    @property
    def company_id(self) -> int | None:
        return self.event.company_id if self.event else None

    def has_content_of(self, fact: InboundFact) -> bool:
        """Return whether the content is the same; digests from earlier versions of Caravan cannot tell."""
        if self.digest.startswith(DIGEST_PREFIX):
            return self.digest == fact.digest
        if self.waiting is not None:
            return inbound_fact_from(self.waiting.event).digest == fact.digest
        return self.event is None or _digest_of_event(self.event) == fact.digest

    def waits_for(self, who: Identity) -> bool:
        return self.waiting is not None and inbound_fact_from(self.waiting.event).who == who


def find(keys: Collection[UUID], *, lock: bool) -> dict[UUID, Stored]:
    """Return what is stored under these keys of facts, in at most four queries."""
    if not keys:
        return {}
    rows = EventKey.objects.filter(event_id__in=keys).order_by("event_id")
    found = {row.event_id: row for row in (rows.select_for_update() if lock else rows)}
    ids = {key: version_id(key, row.version) for key, row in found.items()}
    waiting = _waiting(ids.values(), lock=lock)
    events = _events([one for one in ids.values() if one not in waiting])
    return {
        key: Stored(row.digest, row.version, waiting.get(ids[key]), events.get(ids[key]))
        for key, row in found.items()
    }


def _waiting(ids: Collection[UUID], *, lock: bool) -> dict[UUID, WaitingEvent]:
    rows = WaitingEvent.objects.waiting().filter(event_id__in=ids).order_by("pk")
    return {row.event_id: row for row in (rows.select_for_update() if lock else rows)}


def _events(ids: Collection[UUID]) -> dict[UUID, Event]:
    """Return the events with these ids. Looks up their times first, so that only their partitions are read."""
    times = RecordedId.objects.filter(event_id__in=ids).values_list("event_id", "occurred_at")
    known = dict(times)
    events = Event.objects.filter(event_id__in=known, occurred_at__in=set(known.values()))
    return {event.event_id: event for event in events}


def _digest_of_event(event: Event) -> str:
    return digest_of(
        event.name,
        event.occurred_at,
        event.props,
        event.channel,
        event.actor_role,
        event.value_cents,
        event.currency,
    )
