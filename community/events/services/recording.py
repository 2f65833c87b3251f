"""Record, retract and purge events."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from community.core import bulk, prepared
from community.events.catalogue import (
    EVENT_REINSTATED,
    EVENT_RETRACTED,
    EventName,
    EventType,
    Json,
    checked_payload,
)
from community.events.models import Event, RecordedId

from . import custom_kinds
from .partitions import ensure_months
from .wake import wake_followers

if TYPE_CHECKING:
    from community.members.models import Member

# The UUID namespace of derived event ids. Must not change, or every fact would get a new id.
NAMESPACE = uuid.UUID("4d2f0f9e-6c0a-5b53-9d8e-2c3f6a1f7b10")
BACKFILL_AFTER = timedelta(hours=48)
CLOCK_SKEW = timedelta(minutes=5)

# Ordered by id, so that concurrent transactions with the same facts do not deadlock.
_CLAIM_IDS = """
  INSERT INTO events_recordedid (event_id, occurred_at)
  SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS claimed(id) ORDER BY id
  ON CONFLICT DO NOTHING RETURNING event_id
"""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event that has not been recorded yet."""

    name: EventName
    occurred_at: datetime
    payload: dict[str, Json]
    object_type: str = ""
    object_id: int | None = None
    member_id: int | None = None
    actor_id: int | None = None
    actor_role: str = Event.ActorRole.SYSTEM
    counterpart_id: int | None = None
    company_id: int | None = None
    channel: str = Event.Channel.COMMUNITY
    value_cents: int | None = None
    currency: str = ""
    source: str = "app"
    # Distinguishes facts with the same name and object; empty when there can be only one.
    key: str = ""
    # Only for events whose id was assigned elsewhere, such as those from the API.
    event_id: uuid.UUID | None = None

    def as_event(self, now: datetime, *, custom: Mapping[str, EventType] = MappingProxyType({})) -> Event:
        occurred_at = min(self.occurred_at, now + CLOCK_SKEW)
        return Event(
            event_id=self.event_id or derived_id(self.name, self.object_type, self.object_id, self.key),
            occurred_at=occurred_at,
            received_at=now,
            name=self.name,
            props=checked_payload(self.name, self.payload, custom=custom),
            backfill=now - occurred_at > BACKFILL_AFTER,
            **{field: getattr(self, field) for field in _COPIED},
        )


_COPIED = (
    "object_type",
    "object_id",
    "member_id",
    "actor_id",
    "actor_role",
    "counterpart_id",
    "company_id",
    "channel",
    "value_cents",
    "currency",
    "source",
)


def derived_id(name: str, object_type: str, object_id: int | None, key: str = "") -> uuid.UUID:
    """Return the deterministic id of an in-app event: the same fact always has the same id."""
    return uuid.uuid5(NAMESPACE, f"{name}:{object_type}:{object_id}:{key}")


def actor_role_of(actor: Member | None) -> str:
    if actor is None:
        return Event.ActorRole.SYSTEM
    if actor.staff_role == "sales":
        return Event.ActorRole.SALES
    return Event.ActorRole.STAFF if actor.is_team else Event.ActorRole.MEMBER


def record(
    name: EventName,
    *,
    actor: Member | None,
    subject: models.Model,
    member: Member | None = None,
    counterpart: Member | None = None,
    occurred_at: datetime | None = None,
    channel: str = Event.Channel.COMMUNITY,
    key: str = "",
    **payload: Json,
) -> Event:
    """Record an event in the transaction of the change that it describes; idempotent.

    `member` is whose journey the event belongs to, by default the actor's. Recording the same fact again keeps the
    first event, and reinstates it if it was retracted. Followers are woken after the commit.

    Raises ValueError when the payload does not match the catalogue, TransactionManagementError outside a
    transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{name} must be recorded inside a transaction.")
    owner = member or actor
    now = timezone.now()
    draft = Draft(
        name=name,
        occurred_at=occurred_at or now,
        payload=payload,
        object_type=subject._meta.label_lower,
        object_id=subject.pk,
        member_id=owner.pk if owner else None,
        actor_id=actor.pk if actor else None,
        actor_role=actor_role_of(actor),
        counterpart_id=counterpart.pk if counterpart else None,
        company_id=owner.company_id if owner else None,
        channel=channel,
        key=key,
    )
    event = draft.as_event(now)
    if _save([event]):
        return event
    existing = _recorded(event.event_id)
    if existing.retracted_at is not None:
        reinstate([existing], reason="happened again")
    return existing


def _recorded(event_id: uuid.UUID) -> Event:
    """Return a recorded event. Look up its time first, so that only one partition is read."""
    occurred_at = RecordedId.objects.values_list("occurred_at", flat=True).get(event_id=event_id)
    return Event.objects.get(event_id=event_id, occurred_at=occurred_at)


def record_all(drafts: Iterable[Draft]) -> int:
    """Record many events; existing ones are left unchanged, whatever their time. Return the number of drafts."""
    now = timezone.now()
    drafts = list(drafts)
    custom = custom_kinds.among(draft.name for draft in drafts)
    events = [draft.as_event(now, custom=custom) for draft in drafts]
    if events:
        _save(events)
    return len(events)


def _save(events: Sequence[Event]) -> bool:
    """Save the events with new ids, in the given order. Return whether any event was new.

    Waits for transactions that are recording the same facts.
    """
    ensure_months(event.occurred_at for event in events)
    with transaction.atomic(savepoint=False):
        new = _claim_ids(events)
        # During an upgrade, processes of the previous version may record events without claiming the ids first.
        bulk.insert(new, ignore_conflicts=True)
    if new:
        wake_followers()
    return bool(new)


def _claim_ids(events: Sequence[Event]) -> list[Event]:
    """Claim the ids of the events; return the events whose ids were not yet claimed."""
    firsts: dict[uuid.UUID, Event] = {}
    for event in events:
        firsts.setdefault(event.event_id, event)
    with prepared.cursor() as cursor:
        cursor.execute(_CLAIM_IDS, [list(firsts), [event.occurred_at for event in firsts.values()]])
        claimed = {event_id for (event_id,) in cursor.fetchall()}
    return [event for event_id, event in firsts.items() if event_id in claimed]


@transaction.atomic
def retract(events: Sequence[Event], *, reason: str) -> int:
    """Retract events, so that they count as if they never happened; idempotent. Return the number retracted."""
    return _set_retracted(events, True, EVENT_RETRACTED, reason)


@transaction.atomic
def reinstate(events: Sequence[Event], *, reason: str) -> int:
    """Undo the retraction of events; idempotent. Return the number reinstated."""
    return _set_retracted(events, False, EVENT_REINSTATED, reason)


def _set_retracted(events: Sequence[Event], retracted: bool, name: EventName, reason: str) -> int:
    now = timezone.now()
    rows = list(
        Event.objects.select_for_update().filter(
            event_id__in=[event.event_id for event in events], retracted_at__isnull=retracted
        )
    )
    Event.objects.filter(event_id__in=[row.event_id for row in rows]).update(
        retracted_at=now if retracted else None, retract_reason=reason if retracted else ""
    )
    record_all(
        Draft(
            name=name,
            occurred_at=now,
            payload={
                "event_id": str(row.event_id),
                "name": row.name,
                "occurred_at": row.occurred_at.isoformat(),
                "reason": reason,
            },
            object_type=row.object_type,
            object_id=row.object_id,
            member_id=row.member_id,
            counterpart_id=row.counterpart_id,
            event_id=uuid.uuid4(),
        )
        for row in rows
    )
    return len(rows)


@transaction.atomic
def purge(events: Q) -> int:
    """Delete the matching events, such as those of an undone import. Return the number deleted.

    The only way around the append-only trigger. The caller must clean up what was derived from these events.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('caravan.purge', 'on', true)")
        deleted = Event.objects.filter(events)._raw_delete("default")
        cursor.execute("SELECT set_config('caravan.purge', 'off', true)")
    return deleted
