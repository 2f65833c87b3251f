"""The append-only tables refuse TRUNCATE."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from community.events.services import partitions

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", ["event", "event_{0:%Y_%m}", "event_1998_07", "moderation_auditentry"])
def test_truncate_is_refused(table: str):
    partitions.ensure_months([timezone.now(), datetime(1998, 7, 31, 23, 59, tzinfo=UTC)])

    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="append-only: it cannot be truncated"),
        transaction.atomic(),
    ):
        cursor.execute(f"TRUNCATE {table.format(timezone.now())} CASCADE")


@pytest.mark.parametrize(
    ("month", "first", "following"),
    [((1998, 12), "1998-12-01", "1999-01-01"), ((1998, 2), "1998-02-01", "1998-03-01")],
)
def test_a_month_begins_and_ends_in_utc_whatever_the_zone(month: tuple[int, int], first: str, following: str):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'America/Lima'")
        partitions.ensure_months([datetime(*month, 5, tzinfo=UTC)])
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s",
            [f"event_{month[0]}_{month[1]:02}"],
        )
        bounds = cursor.fetchone()[0]

    assert bounds == f"FOR VALUES FROM ('{first} 00:00:00+00') TO ('{following} 00:00:00+00')"
