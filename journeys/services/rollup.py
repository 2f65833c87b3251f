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
# keeps it from scanning all events because it has no statistics on `k`. NOT IN is always hashed here, while
# NOT EXISTS would be a nested loop.
_ROLL_UP = f"""
WITH k AS MATERIALIZED (
  SELECT DISTINCT m, d FROM unnest(%(members)s::bigint[], %(days)s::date[]) u(m, d)),
picked AS MATERIALIZED (
  SELECT k.m AS member_id, k.d AS day, e.name AS kind, e.event_id, e.occurred_at, e.epoch, e.xid, e.seq,
    e.counterpart_id,
    CASE WHEN e.name = ANY(%(detailed)s) THEN jsonb_build_object(
      'id', e.event_id, 'cents', e.value_cents, 'currency', e.currency, 'props', e.props,
      'at', (extract(epoch FROM e.occurred_at - k.d::timestamp AT TIME ZONE 'UTC') * 1000000)::bigint,
      'log', jsonb_build_array(e.epoch, e.xid::text::bigint, e.seq)) END AS item
  FROM k CROSS JOIN LATERAL (
    SELECT * FROM event WHERE member_id = k.m
      AND occurred_at >= k.d::timestamp AT TIME ZONE 'UTC'
      AND occurred_at < (k.d + 1)::timestamp AT TIME ZONE 'UTC'
      AND occurred_at >= %(first)s AND occurred_at < %(last)s
    OFFSET 0) e
  WHERE e.retracted_at IS NULL AND NOT e.name = ANY(%(neutral)s)),
counts AS (
  SELECT member_id, day, kind, count(*)::int AS n,
    substr(string_agg(uuid_send(event_id), ''::bytea ORDER BY occurred_at, epoch, xid, seq),
      1, {16 * EVIDENCE_MOST}) AS ids,
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
  DELETE FROM member_day md USING k WHERE md.member_id = k.m AND md.day = k.d
    AND (md.member_id, md.day, md.kind) NOT IN (SELECT member_id, day, kind FROM want))
INSERT INTO member_day (member_id, day, kind, n, ids, pairs, items)
SELECT member_id, day, kind, n, ids, pairs, items FROM want
ON CONFLICT (member_id, day, kind) DO UPDATE
SET n = excluded.n, ids = excluded.ids, pairs = excluded.pairs, items = excluded.items
WHERE (member_day.n, member_day.ids, member_day.pairs, member_day.items)
  IS DISTINCT FROM (excluded.n, excluded.ids, excluded.pairs, excluded.items)
"""  # noqa: S608 - built from a constant
_FACTS = """
SELECT member_id, day, kind, n, ids, pairs, items FROM member_day
WHERE member_id = ANY(%s) ORDER BY member_id, day, kind
"""


def roll_up(keys: Sequence[tuple[int, date]]) -> int:
    """Rebuild these member-days from their events; return the number of rows added or changed."""
    if not keys:
        return 0
    days = [day for _, day in keys]
    values: dict[str, Any] = {
        "members": [member_id for member_id, _ in keys],
        "days": days,
        "first": datetime.combine(min(days), time(), UTC),
        "last": datetime.combine(max(days) + timedelta(days=1), time(), UTC),
        "detailed": list(DETAILED),
        "neutral": list(NEUTRAL),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROLL_UP, values)
        return int(cursor.rowcount)


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
