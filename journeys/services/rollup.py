"""Rebuild the rollup of some member-days from the events. Never incremental."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from journeys.engine.facts import EVIDENCE_MOST, Fact
from journeys.engine.rollup import DETAILED, NEUTRAL

# The range of days is also passed as constants, so that the planner prunes most monthly partitions, and OFFSET 0
# keeps it from scanning all events because it has no statistics on `k`.
_EVENTS_OF_DAYS = """
k AS MATERIALIZED (
  SELECT DISTINCT m, d FROM unnest(%(members)s::bigint[], %(days)s::date[]) u(m, d)),
e AS (
  SELECT k.d AS day, found.* FROM k CROSS JOIN LATERAL (
    SELECT * FROM event WHERE member_id = k.m
      AND occurred_at >= k.d::timestamp AT TIME ZONE 'UTC'
      AND occurred_at < (k.d + 1)::timestamp AT TIME ZONE 'UTC'
      AND occurred_at >= %(first)s AND occurred_at < %(last)s
    OFFSET 0) found)
"""
_EVENTS_OF_MEMBERS = """
e AS (SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, event.* FROM event WHERE member_id = ANY(%(members)s))
"""
# NOT IN is always hashed here, while NOT EXISTS would be a nested loop. Equal rows are left out, because a conflict
# locks a row even where it changes nothing.
_ROLL_UP = """
WITH {events},
picked AS MATERIALIZED (
  SELECT member_id, day, name AS kind, event_id, occurred_at, epoch, xid, seq, counterpart_id,
    CASE WHEN name = ANY(%(detailed)s) THEN jsonb_build_object(
      'id', event_id, 'cents', value_cents, 'currency', currency, 'props', props,
      'at', (extract(epoch FROM occurred_at - day::timestamp AT TIME ZONE 'UTC') * 1000000)::bigint,
      'log', jsonb_build_array(epoch, xid::text::bigint, seq)) END AS item
  FROM e WHERE retracted_at IS NULL AND NOT name = ANY(%(neutral)s)),
counts AS (
  SELECT member_id, day, kind, count(*)::int AS n,
    substr(string_agg(uuid_send(event_id), ''::bytea ORDER BY occurred_at, epoch, xid, seq),
      1, {most}) AS ids,
    jsonb_agg(item ORDER BY occurred_at, epoch, xid, seq) FILTER (WHERE item IS NOT NULL) AS items
  FROM picked GROUP BY 1, 2, 3),
paired AS (
  SELECT member_id, day, kind, jsonb_object_agg(pair, n) AS pairs
  FROM (SELECT member_id, day, kind, counterpart_id || coalesce(':' || (item #>> '{{props,role}}'), '') AS pair,
          count(*) AS n
        FROM picked WHERE counterpart_id IS NOT NULL GROUP BY 1, 2, 3, 4) p
  GROUP BY 1, 2, 3),
want AS MATERIALIZED (SELECT * FROM counts LEFT JOIN paired USING (member_id, day, kind)),
gone AS (
  DELETE FROM member_day md {scope}
    AND (md.member_id, md.day, md.kind) NOT IN (SELECT member_id, day, kind FROM want)
  RETURNING 1),
written AS (
  INSERT INTO member_day (member_id, day, kind, n, ids, pairs, items)
  SELECT member_id, day, kind, n, ids, pairs, items FROM want WHERE NOT EXISTS (
    SELECT FROM member_day md WHERE (md.member_id, md.day, md.kind) = (want.member_id, want.day, want.kind)
      AND (md.n, md.ids, md.pairs, md.items) IS NOT DISTINCT FROM (want.n, want.ids, want.pairs, want.items))
  ON CONFLICT (member_id, day, kind) DO UPDATE
  SET n = excluded.n, ids = excluded.ids, pairs = excluded.pairs, items = excluded.items
  RETURNING 1)
SELECT (SELECT count(*) FROM written) + (SELECT count(*) FROM gone)
"""
_MOST = 16 * EVIDENCE_MOST  # bytes
_ROLL_UP_DAYS = _ROLL_UP.format(
    events=_EVENTS_OF_DAYS, scope="USING k WHERE md.member_id = k.m AND md.day = k.d", most=_MOST
)
_ROLL_UP_MEMBERS = _ROLL_UP.format(
    events=_EVENTS_OF_MEMBERS, scope="WHERE md.member_id = ANY(%(members)s)", most=_MOST
)
_FACTS = """
SELECT member_id, day, kind, n, ids, pairs, items FROM member_day
WHERE member_id = ANY(%s) ORDER BY member_id, day, kind
"""


def roll_up(keys: Sequence[tuple[int, date]]) -> int:
    """Rebuild these member-days from their events; return the number of rows added, changed or deleted."""
    if not keys:
        return 0
    days = [day for _, day in keys]
    return _execute(
        _ROLL_UP_DAYS,
        members=[member_id for member_id, _ in keys],
        days=days,
        first=datetime.combine(min(days), time(), UTC),
        last=datetime.combine(max(days) + timedelta(days=1), time(), UTC),
    )


def roll_up_members(member_ids: Sequence[int]) -> int:
    """Rebuild all days of these members from their events; return the number of rows added, changed or deleted."""
    return _execute(_ROLL_UP_MEMBERS, members=list(member_ids))


def _execute(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "detailed": list(DETAILED), "neutral": list(NEUTRAL)})
        return int(cursor.fetchone()[0])


def facts_of(member_ids: Sequence[int]) -> dict[int, list[Fact]]:
    """Return all facts of these members by member id, each list ordered by (day, kind)."""
    found: dict[int, list[Fact]] = {member_id: [] for member_id in member_ids}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [list(member_ids)])
        for member_id, day, kind, n, ids, pairs, items in cursor.fetchall():
            found[member_id].append(Fact(day, kind, n, ids, _json(pairs), _json(items)))
    return found


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
