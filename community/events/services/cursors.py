"""Run followers: read the log in commit-safe order, exactly once per follower."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.types.numeric import Int8

from community.core import prepared
from community.core.prepared import Instances, Prepared
from community.events.models import Cursor, DeadLetter, Event, Log
from community.events.registry import Follower, all_followers

from .partitions import wait_for_months

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)

MAX_FAILURES = 3

# Read only below the oldest running transaction: ids are assigned before the commit, so a cursor on ids alone
# would skip the events of a transaction that commits late. If the current transaction is the oldest, it also reads
# its own events.
_BEFORE = """
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_current_xact_id_if_assigned()::text
"""
# Both bounds are index conditions on event_log_order, so events outside them are not read at all.
_READABLE = """
  (epoch, xid, seq) > (%(epoch)s, %(xid)s::text::xid8, %(seq)s)
  AND (epoch, xid) < (%(now_epoch)s, %(before)s::text::xid8)
"""
# Returns the events wanted and the last one, which is where the cursor moves to. Kept prepared, as planning it takes
# longer than running it: it is about every month that there is. The limit is part of the statement, because a plan
# for any limit would be one for many rows. Windows without an order number the rows as they come, which is sorted.
_COLUMNS = ", ".join(str(field.column) for field in Event._meta.concrete_fields)
_BATCH = f"""
  SELECT {_COLUMNS}, epoch, xid::text, seq, total FROM (
    SELECT *, row_number() OVER () AS nth, count(*) OVER () AS total FROM (
      SELECT {_COLUMNS}, epoch, xid, seq FROM event
      WHERE {_READABLE} ORDER BY epoch, xid, seq LIMIT {{limit}}
    ) batch
  ) numbered
  WHERE %(names)s::text[] IS NULL OR name = ANY(%(names)s::text[]) OR nth = total
"""  # noqa: S608 - built from constants

# Kept prepared, as planning it takes longer than running it: it is about every month that there is. Ordered, as
# EXISTS would have PostgreSQL read the months from the start where it does not know the cursor.
_IS_BEHIND = f"""
  SELECT (
    SELECT true FROM event WHERE {_READABLE} AND NOT name = ANY(%(ignoring)s::text[])
    ORDER BY epoch, xid, seq LIMIT 1
  ) IS NOT NULL
"""  # noqa: S608 - built from constants

_NAMES = [field.attname for field in Event._meta.concrete_fields]
_PROPS = _NAMES.index("props")

# Must run in a restored database before anything is written to it.
NEW_EPOCH = """
INSERT INTO events_log (system_identifier, epoch) SELECT '', 0 WHERE NOT EXISTS (SELECT FROM events_log);
UPDATE events_log SET
  epoch = epoch + 1, system_identifier = (SELECT system_identifier::text FROM pg_control_system());
SELECT event_set_epoch(max(epoch)) FROM events_log;
"""


def follow(name: str) -> int:
    """Process the follower's next batch and move its cursor, in one transaction.

    Return the number of events read: 0 when there are none or another worker has locked the cursor. Raises the
    follower's exception until the batch has failed `MAX_FAILURES` times; then the events are processed one by one,
    and those that fail become dead letters.
    """
    follower = all_followers()[name]
    try:
        return _follow(follower)
    except OperationalError:
        raise  # a database problem, not the event's fault
    except Exception:
        failures = _count_failure(name)
        if failures < MAX_FAILURES:
            raise
        log.exception("Follower %s failed %s times; processing its events one by one.", name, failures)
        return _follow(follower, one_by_one=True)


@transaction.atomic(durable=True)
def _follow(follower: Follower, *, one_by_one: bool = False) -> int:
    Cursor.objects.get_or_create(name=follower.name)
    cursor = lock(follower.name)
    if cursor is None:
        return 0
    batch = read(cursor, limit=follower.batch, names=follower.names)
    if batch is None:
        return 0
    wanted = batch.wanted_by(follower)
    if one_by_one:
        _handle_one_by_one(follower, wanted)
    elif wanted:
        follower.handle(wanted)
    move([cursor], batch)
    return batch.count


def lock(name: str) -> Cursor | None:
    """Return the follower's cursor, locked; None when it has none, or another worker has locked it."""
    return Cursor.objects.select_for_update(skip_locked=True).filter(name=name).first()


def hold_followers() -> None:
    """Keep followers from starting until the end of the transaction; waits for those already running.

    For deleting events and what followers derive from them. Call it before locking anything that followers write to.
    """
    list(Cursor.objects.select_for_update().order_by("name"))


def move(cursors: Collection[Cursor], batch: Batch) -> None:
    """Move these cursors, which the caller has locked, behind the batch."""
    epoch, xid, seq = batch.last
    Cursor.objects.filter(pk__in=[cursor.pk for cursor in cursors]).update(
        epoch=epoch, last_xid=xid, last_seq=seq, failures=0, moved_at=timezone.now()
    )


Place = tuple[int, int, int]  # epoch, xid and seq


def place_of(cursor: Cursor) -> Place:
    return cursor.epoch, int(cursor.last_xid), cursor.last_seq


@dataclass(frozen=True)
class Batch:
    """The events read with their places in the log, the last place, and how many there are, wanted or not."""

    events: Sequence[tuple[Place, Event]]
    last: Place
    count: int

    def wanted_by(self, follower: Follower, *, after: Place = (0, 0, 0)) -> list[Event]:
        names = follower.names
        return [
            event for place, event in self.events if place > after and (names is None or event.name in names)
        ]


def read(cursor: Cursor, *, limit: int, names: Collection[str] | None = None) -> Batch | None:
    """Return the events after the cursor, only those with these names; merged from the indexes of all months.

    None when there are no events at all. Must be called in a transaction.
    """
    numbers = {key: Int8(value) for key, value in _position(cursor).items()}
    with prepared.cursor() as sql:
        # Without statistics about the newest events, PostgreSQL expects too few and would read and sort the whole
        # backlog.
        sql.execute("SET LOCAL enable_sort = off")
        values = {**numbers, "names": None if names is None else sorted(names)}
        sql.execute(_BATCH.format(limit=int(limit)), values)
        rows = sql.fetchall()
        sql.execute("SET LOCAL enable_sort TO DEFAULT")
    if not rows:
        return None
    instances = Instances(Event)
    events = [((epoch, int(xid), seq), _event(instances, row)) for *row, epoch, xid, seq, _ in rows]
    return Batch(events, events[-1][0], rows[-1][-1])


def _event(instances: Instances[Event], values: list[Any]) -> Event:
    values[_PROPS] = json.loads(values[_PROPS])
    return instances.from_db("default", _NAMES, values)


def _position(cursor: Cursor) -> dict[str, int]:
    """Return the parameters of `_READABLE`: the range that the follower may read.

    The upper bound is determined first. Then wait for the partitions that transactions below it are adding: a
    statement planned before a partition is attached does not read it, even though its writer has committed.
    """
    with connection.cursor() as sql:
        sql.execute(_BEFORE)
        oldest, own = sql.fetchone()
    wait_for_months()
    return {
        "before": int(oldest) + 1 if oldest == own else int(oldest),
        "epoch": cursor.epoch,
        "xid": int(cursor.last_xid),
        "seq": cursor.last_seq,
        "now_epoch": current_epoch(),
    }


def _handle_one_by_one(follower: Follower, events: Sequence[Event]) -> None:
    for event in events:
        try:
            with transaction.atomic():
                follower.handle([event])
        except OperationalError:
            raise
        except Exception as error:
            log.exception("Follower %s failed on %s; added to the dead letters.", follower.name, event)
            DeadLetter.objects.update_or_create(
                follower=follower.name,
                event_id=event.event_id,
                defaults={
                    "occurred_at": event.occurred_at,
                    "name": event.name,
                    "error": f"{type(error).__name__}: {error}",
                    "failed_at": timezone.now(),
                    "resolved_at": None,
                },
            )


def _count_failure(name: str) -> int:
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update().get_or_create(name=name)[0]
        cursor.failures += 1
        cursor.save(update_fields=["failures"])
    return cursor.failures


def is_behind(name: str, *, ignoring: Collection[str] = ()) -> bool:
    """Whether the follower has unread events, other than those with names in `ignoring`."""
    cursor = _cursors().first(name=name) or Cursor(name=name)
    position = _position(cursor)
    with prepared.cursor() as sql:
        # One type whatever their size: a statement is prepared for the types of its parameters.
        numbers = {key: Int8(value) for key, value in position.items()}
        sql.execute(_IS_BEHIND, {**numbers, "ignoring": list(ignoring)})
        return bool(sql.fetchone()[0])


@cache
def _cursors() -> Prepared[Cursor]:
    def build(name: str) -> QuerySet[Cursor]:
        return Cursor.objects.filter(name=name)

    return Prepared(build)


def current_epoch() -> int:
    """Return the log's epoch; starts a new one when the database is in another cluster.

    A cluster is identified by pg_control_system().
    """
    with connection.cursor() as sql:
        sql.execute("SELECT system_identifier::text FROM pg_control_system()")
        identifier = sql.fetchone()[0]
        row = _log().first()
        if row is None or row.system_identifier != identifier:
            row = _begin_epoch(identifier)
        return row.epoch


@cache
def _log() -> Prepared[Log]:
    return Prepared(lambda: Log.objects.order_by("pk"))


def _begin_epoch(identifier: str) -> Log:
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("LOCK TABLE events_log IN EXCLUSIVE MODE")
        row = Log.objects.first()
        if row is None:
            return Log.objects.create(system_identifier=identifier)
        if row.system_identifier != identifier:
            row.system_identifier, row.epoch = identifier, row.epoch + 1
            row.save()
            sql.execute("SELECT event_set_epoch(%s)", [row.epoch])
        return row


@transaction.atomic
def retry_dead_letters(letters: Sequence[DeadLetter]) -> int:
    """Retry dead letters. Return the number resolved."""
    followers = all_followers()
    resolved = 0
    for letter in letters:
        event = Event.objects.filter(event_id=letter.event_id, occurred_at=letter.occurred_at).first()
        try:
            with transaction.atomic():
                if event is not None:
                    followers[letter.follower].handle([event])
        except Exception as error:
            letter.error, letter.failed_at = f"{type(error).__name__}: {error}", timezone.now()
        else:
            letter.resolved_at = timezone.now()
            resolved += 1
        letter.save()
    return resolved
