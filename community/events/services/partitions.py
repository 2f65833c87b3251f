"""Monthly partitions of the event table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

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
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MONTHS_LOCK])
        for month in sorted(wanted):
            _create_month(cursor, month)
    # Only what is committed may be remembered: a rollback takes the partition away again.
    transaction.on_commit(lambda: _known.update(wanted))


def wait_for_months() -> None:
    """Wait until whoever is adding a month has committed; statements planned after this know all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_lock_shared(%(key)s), pg_advisory_unlock_shared(%(key)s)",
            {"key": _MONTHS_LOCK},
        )


def _create_month(cursor: object, month: date) -> None:
    name = f"event_{month:%Y_%m}"
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    execute = cursor.execute  # type: ignore[attr-defined]
    execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is not None:  # type: ignore[attr-defined]
        return
    execute(f"CREATE TABLE {name} (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    execute(
        f"ALTER TABLE event ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
        [f"{month} 00:00+00", f"{following} 00:00+00"],
    )
