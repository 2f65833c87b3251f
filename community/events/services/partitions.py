"""Create the monthly partitions of the event table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction

_MONTHS_LOCK = 7000
_known: set[date] = set()


def ensure_months(moments: Iterable[datetime]) -> None:
    """Create the missing partitions for these moments; idempotent. A partition is a month in UTC.

    A partition is created as a separate table and then attached, which does not block writers;
    `CREATE TABLE … PARTITION OF` would.
    """
    wanted = {moment.astimezone(UTC).date().replace(day=1) for moment in moments} - _known
    if not wanted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for month in sorted(wanted):
            # Only wait for a transaction that is adding this month.
            _wait_for(cursor, f"{_MONTHS_LOCK}, {month:%Y%m}")
            if not _is_there(cursor, month):
                _create_month(cursor, month)
    # Cache only what is committed: a rollback would drop the partition.
    transaction.on_commit(lambda: _known.update(wanted))


def wait_for_months() -> None:
    """Wait for transactions that are adding a month; statements planned afterwards see these partitions."""
    with connection.cursor() as cursor:
        _wait_for(cursor, f"{_MONTHS_LOCK}")


def _wait_for(cursor: Any, lock: str) -> None:
    cursor.execute(f"SELECT pg_advisory_lock_shared({lock}), pg_advisory_unlock_shared({lock})")


def _is_there(cursor: Any, month: date) -> bool:
    # Query the catalogue: to_regclass() uses a cache that may not have seen another transaction's commit. Locking
    # the partition also refreshes this transaction's cached definition of the table.
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
    if _is_there(cursor, month):  # created by the previous lock holder
        return
    cursor.execute("SELECT event_add_month(%s)", [month])


def _name_of(month: date) -> str:
    return f"event_{month:%Y_%m}"
