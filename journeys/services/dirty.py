"""The dirty queue: mark member-days and members for recomputation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, Value

from community.core import bulk
from community.core.prepared import Prepared
from community.events.catalogue import EVENT_REINSTATED, EVENT_RETRACTED, MEMBER_ROLE_CHANGED
from community.events.models import Event
from journeys.engine.rollup import NEUTRAL
from journeys.models import Dirty, MemberState

from .wake import wake_drains

if TYPE_CHECKING:
    from django.db.models import QuerySet

SHARDS = 64
# Events that never mark anything dirty, so a backlog of them does not matter.
NEVER_DIRTY = NEUTRAL - {EVENT_REINSTATED, EVENT_RETRACTED, MEMBER_ROLE_CHANGED}

# No fact has changed: with today as the dirty day, the drain continues from a checkpoint.
_DUE = """
INSERT INTO journeys_dirty (shard, member_id, day)
SELECT s.member_id %% %(shards)s, s.member_id, %(today)s FROM member_state s
WHERE s.next_due <= %(today)s AND NOT EXISTS (
  SELECT FROM journeys_dirty d
  WHERE d.shard = s.member_id %% %(shards)s AND d.member_id = s.member_id AND (d.day IS NULL OR d.day = %(today)s))
"""
_EVERYONE = """
INSERT INTO journeys_dirty (shard, member_id)
SELECT DISTINCT member_id %% %(shards)s, member_id FROM member_day
"""


def shard_of(member_id: int) -> int:
    return member_id % SHARDS


def mark_events(events: Iterable[Event]) -> int:
    """Mark the member-days of a batch of events; a retraction marks the day of the retracted event."""
    found = {(event.member_id, key) for event in events for key in _days_of(event)}
    return _mark([(member_id, day) for member_id, day in found if member_id is not None])


def mark_members(member_ids: Iterable[int]) -> int:
    """Mark these members to be folded again, without rolling up any day."""
    return _mark([(member_id, None) for member_id in set(member_ids)])


def mark_due(today: date) -> int:
    """Mark the members whose `next_due` has come, unless they are marked already."""
    return _insert(_DUE, today=today)


def mark_everyone() -> int:
    """Mark every member to be folded again."""
    return _insert(_EVERYONE)


def waiting_members(member_ids: Sequence[int] | None = None) -> set[int]:
    """Return the ids of the dirty members."""
    waiting = Dirty.objects.all()
    if member_ids is not None:
        waiting = waiting.filter(member_id__in=member_ids)
    return set(waiting.values_list("member_id", flat=True))


def count_waiting() -> int:
    """Return the number of dirty members. One query."""
    row = _waiting().first()
    return row[0] if row else 0


@cache
def _waiting() -> Prepared[tuple[int]]:
    # Grouped by a constant: an aggregate in the list alone would not be a QuerySet.
    def build() -> QuerySet[Dirty, Any]:
        counted = Dirty.objects.order_by().values(everyone=Value(1))
        return counted.annotate(members=Count("member_id", distinct=True)).values_list("members")

    return Prepared(build)


def due_members(today: date) -> set[int]:
    """Return the ids of the members whose `next_due` has come."""
    return set(MemberState.objects.due(today).values_list("member_id", flat=True))


def _days_of(event: Event) -> Iterator[date | None]:
    """Yield the day that the event makes dirty, or None where the member only has to be folded again."""
    if event.name == MEMBER_ROLE_CHANGED:
        yield None
    elif event.name in (EVENT_RETRACTED, EVENT_REINSTATED):
        if event.props["name"] not in NEUTRAL:
            yield datetime.fromisoformat(event.props["occurred_at"]).astimezone(UTC).date()
    elif event.name not in NEUTRAL:
        yield event.occurred_at.astimezone(UTC).date()


def _mark(keys: list[tuple[int, date | None]]) -> int:
    if keys:
        bulk.insert([Dirty(shard=shard_of(m), member_id=m, day=day) for m, day in keys])
        wake_drains()
    return len(keys)


def _insert(statement: str, **values: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"shards": SHARDS, **values})
        marked = int(cursor.rowcount)
    if marked:
        wake_drains()
    return marked
