"""Monthly partitions of the event table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

_MONTHS_LOCK = 7000
_known: set[date] = set()


def ensure_months(moments: Iterable[datetime | date]) -> None:
    """Create the partitions that rows of these moments (UTC) need.

    A partition is made beside the table and then attached, which lets writers go on; `CREATE TABLE …
    PARTITION OF` would stop them all.
    """
    wanted = {date(moment.year, moment.month, 1) for moment in moments} - _known
    if not wanted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for month in sorted(wanted):
            # Only whoever is adding this very month is waited for.
            _wait_for(cursor, f"{_MONTHS_LOCK}, {month:%Y%m}")
            if not _is_there(cursor, month):
                _create_month(cursor, month)
    # Only what is committed may be remembered: a rollback takes the partition away again.
    transaction.on_commit(lambda: _known.update(wanted))


def wait_for_months() -> None:
    """Wait until whoever is adding a month has committed; statements planned after this know all of them."""
    with connection.cursor() as cursor:
        _wait_for(cursor, f"{_MONTHS_LOCK}")


def _wait_for(cursor: Any, lock: str) -> None:
    cursor.execute(f"SELECT pg_advisory_lock_shared({lock}), pg_advisory_unlock_shared({lock})")


def _is_there(cursor: Any, month: date) -> bool:
    # The catalogue itself is asked: to_regclass() answers from a cache that another's commit may not have
    # reached. Locking what has been found brings this transaction's picture of the table up to date as well.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid))",
        [_name_of(month)],
    )
    found = bool(cursor.fetchone()[0])
    if found:
        cursor.execute(f"LOCK TABLE {_name_of(month)} IN ACCESS SHARE MODE")
    return found


def _create_month(cursor: Any, month: date) -> None:
    cursor.execute(
        f"SELECT pg_advisory_xact_lock({_MONTHS_LOCK}), pg_advisory_xact_lock({_MONTHS_LOCK}, {month:%Y%m})"
    )
    if _is_there(cursor, month):  # since made by whoever had the lock
        return
    cursor.execute("SELECT event_add_month(%s)", [month])


def _name_of(month: date) -> str:
    return f"event_{month:%Y_%m}"
