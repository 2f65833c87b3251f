"""Reading the log in commit-safe order, exactly once per follower."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from community.events.models import Cursor, DeadLetter, Event, Log
from community.events.registry import Follower, all_followers

from .partitions import wait_for_months

log = logging.getLogger(__name__)

TRIES_BEFORE_SETTING_ASIDE = 3

# Rows of transactions still running, and of any that began later, wait: an id is drawn before its
# transaction commits, so reading by id alone would step over a slow writer's event.
_BEFORE = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_READABLE = """
  (epoch, xid, seq) > (%(epoch)s, %(xid)s::text::xid8, %(seq)s)
  AND (epoch < %(now_epoch)s OR xid < %(before)s::text::xid8 OR xid = pg_current_xact_id_if_assigned())
"""
_BATCH = f"""
  SELECT *, epoch AS log_epoch, xid::text AS log_xid, seq AS log_seq FROM event
  WHERE {_READABLE} ORDER BY epoch, xid, seq LIMIT %(limit)s
"""  # noqa: S608 - built of constants

# What a database needs that has just been restored, before anybody writes in it.
NEW_EPOCH = """
INSERT INTO events_log (system_identifier, epoch) SELECT '', 0 WHERE NOT EXISTS (SELECT FROM events_log);
UPDATE events_log SET
  epoch = epoch + 1, system_identifier = (SELECT system_identifier::text FROM pg_control_system());
SELECT event_set_epoch(max(epoch)) FROM events_log;
"""


def follow(name: str) -> int:
    """Give the follower its next batch and move its cursor, all in one transaction.

    Return how many events it read: 0 when the log is dry or another worker has the cursor. Raises what the
    follower raised, until the batch has failed three times; then the events go one by one and those that
    fail are set aside.
    """
    follower = all_followers()[name]
    try:
        return _follow(follower)
    except OperationalError:
        raise  # the database's trouble, not the event's
    except Exception:
        failures = _count_failure(name)
        if failures < TRIES_BEFORE_SETTING_ASIDE:
            raise
        log.exception("Follower %s failed %s times; taking its events one by one.", name, failures)
        return _follow(follower, one_by_one=True)


@transaction.atomic(durable=True)
def _follow(follower: Follower, *, one_by_one: bool = False) -> int:
    Cursor.objects.get_or_create(name=follower.name)
    cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=follower.name).first()
    if cursor is None:
        return 0
    batch = _next_batch(cursor, limit=follower.batch)
    if not batch:
        return 0
    wanted = [event for event in batch if follower.names is None or event.name in follower.names]
    if one_by_one:
        _handle_one_by_one(follower, wanted)
    elif wanted:
        follower.handle(wanted)
    last: Any = batch[-1]
    cursor.epoch, cursor.last_xid, cursor.last_seq = last.log_epoch, int(last.log_xid), last.log_seq
    cursor.failures, cursor.moved_at = 0, timezone.now()
    cursor.save()
    return len(batch)


def _next_batch(cursor: Cursor, *, limit: int) -> list[Event]:
    return list(Event.objects.raw(_BATCH, {**_position(cursor), "limit": limit}))


def _position(cursor: Cursor) -> dict[str, int | str]:
    """Return from where to where the follower may read.

    The end is settled first, and the months that those transactions added are waited for: a statement
    planned before a month is attached does not read it, although its writer has committed by then.
    """
    with connection.cursor() as sql:
        sql.execute(_BEFORE)
        before = sql.fetchone()[0]
    wait_for_months()
    return {
        "before": before,
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
            log.exception("Follower %s sets %s aside.", follower.name, event)
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


def behind(name: str, *, ignoring: Collection[str] = ()) -> bool:
    """Say whether the follower has something to read, other than events of the names to ignore."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    with connection.cursor() as sql:
        sql.execute(
            f"SELECT EXISTS (SELECT FROM event WHERE {_READABLE} AND NOT name = ANY(%(ignoring)s))",  # noqa: S608
            {**_position(cursor), "ignoring": list(ignoring)},
        )
        return bool(sql.fetchone()[0])


def current_epoch() -> int:
    """Return the log's epoch, and begin a new one when the log finds itself in another cluster.

    Source of the identifier: pg_control_system().
    """
    with connection.cursor() as sql:
        sql.execute("SELECT system_identifier::text FROM pg_control_system()")
        identifier = sql.fetchone()[0]
        row = Log.objects.first()
        if row is None or row.system_identifier != identifier:
            row = _begin_epoch(identifier)
        return row.epoch


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
    """Give dead letters to their followers once more. Return how many went through."""
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
