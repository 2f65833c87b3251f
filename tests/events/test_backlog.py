"""What it costs to read a batch does not depend on how many events are waiting."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from community.events.models import Event
from community.events.services import cursors, partitions
from tests.support import in_thread

MONTHS = [datetime(2004, month, 1, tzinfo=UTC) for month in range(1, 7)]
EVENTS, BATCH = 20_000, 500
WRITE = """
INSERT INTO event
  (event_id, occurred_at, name, actor_role, object_type, channel, currency, props, source, backfill, retract_reason)
SELECT gen_random_uuid(), '2004-01-01 00:00+00'::timestamptz + n * 7919 %% 250000 * interval '1 minute',
  'member.registered', 'member', '', 'community', '', '{}', 'app', false, ''
FROM generate_series(1, %s) n
"""


def write_events() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITE, [EVENTS])


@pytest.fixture
def months(db: None) -> None:
    partitions.ensure_months(MONTHS)


def plans_of(act: Callable[[], object]) -> list[dict[str, Any]]:
    """Run `act` and return the plans, as executed, of its queries on the log."""
    plans = []

    def explain(execute, sql, params, many, context):
        if re.search(r"FROM event\s", sql):
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            answer = context["cursor"].fetchone()[0]
            plans.append((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        act()
    return plans


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_read(plan: dict[str, Any]) -> int:
    return sum(
        node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
        for node in nodes(plan)
        if "Scan" in node["Node Type"] and "Plans" not in node
    )


def months_in_log() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass")
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("analyzed", [False, True], ids=["no statistics", "statistics"])
def test_follow_reads_no_more_than_a_batch(months, follow_with, analyzed):
    seen = []
    follow_with(seen.extend, batch=BATCH)
    write_events()
    if analyzed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE event")

    plans = [plan for _ in range(3) for plan in plans_of(lambda: cursors.follow("test"))]

    assert len(plans) == 3
    assert len(seen) == 3 * BATCH
    assert [node["Node Type"] for plan in plans for node in nodes(plan) if "Sort" in node["Node Type"]] == []
    # A merge reads one row ahead in each month.
    assert max(map(rows_read, plans)) <= BATCH + months_in_log()


@pytest.mark.django_db
def test_a_handler_may_sort(months, follow_with):
    settings = []

    def handle(events):
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_sort")
            settings.append(cursor.fetchone()[0])

    follow_with(handle, batch=BATCH)
    write_events()

    cursors.follow("test")

    assert settings == ["on"]


@pytest.mark.django_db(transaction=True)
def test_events_above_a_running_transaction_are_not_read(months, follow_with):
    seen = []
    follow_with(seen.extend, batch=BATCH)
    plans = []

    def read():
        plans.extend(plans_of(lambda: cursors.follow("test")))
        plans.extend(plans_of(lambda: cursors.is_behind("test")))

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        in_thread(write_events).join()
        in_thread(read).join()

    assert (seen, len(plans)) == ([], 2)
    assert Event.objects.count() == EVENTS
    assert max(map(rows_read, plans)) == 0
