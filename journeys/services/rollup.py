"""Rebuild the rollup of some member-days from the events. Never incremental."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from django.db import connection

from community.core import prepared
from community.core.prepared import Ids
from journeys.engine.facts import EVIDENCE_MOST, Fact
from journeys.engine.rollup import DETAILED, NEUTRAL

# A member's days in one month, which is one partition, are read together. The range of days is also passed as
# constants, so that the planner prunes most partitions, and OFFSET 0 keeps it from scanning whole tables because it
# has no statistics on `k`.
_OF_DAYS = """
k AS MATERIALIZED (
  SELECT m, array_agg(d) AS days, min(d) AS since, max(d) AS until
  FROM unnest(%(members)s::bigint[], %(days)s::date[]) u(m, d) GROUP BY m, date_trunc('month', d)),
e AS (
  SELECT (found.occurred_at AT TIME ZONE 'UTC')::date AS day, found.* FROM k CROSS JOIN LATERAL (
    SELECT * FROM event WHERE member_id = k.m AND (occurred_at AT TIME ZONE 'UTC')::date = ANY(k.days)
      AND occurred_at >= k.since::timestamp AT TIME ZONE 'UTC'
      AND occurred_at < (k.until + 1)::timestamp AT TIME ZONE 'UTC'
      AND occurred_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
      AND occurred_at < %(last)s::timestamp AT TIME ZONE 'UTC'
    OFFSET 0) found),
old AS MATERIALIZED (
  SELECT found.* FROM k CROSS JOIN LATERAL (
    SELECT * FROM member_day
    WHERE member_id = k.m AND day BETWEEN k.since AND k.until AND day = ANY(k.days) OFFSET 0) found)
"""
_OF_PERIOD = """
e AS (
  SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, event.* FROM event WHERE member_id IS NOT NULL
    AND occurred_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
    AND occurred_at < %(last)s::timestamp AT TIME ZONE 'UTC'),
old AS MATERIALIZED (SELECT * FROM member_day WHERE day >= %(first)s AND day < %(last)s)
"""
# Only rows that differ are written, because a conflict locks a row even if nothing changes. A full join is never
# planned as a nested loop, which would be slow if there are more rows than the planner expects.
_ROLL_UP = """
WITH {rows},
picked AS MATERIALIZED (
  SELECT member_id, day, name COLLATE "C" AS kind, event_id, occurred_at, epoch, xid, seq, counterpart_id,
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
differences AS MATERIALIZED (
  SELECT member_id, day, kind, counts.n, counts.ids, paired.pairs, counts.items
  FROM counts FULL JOIN paired USING (member_id, day, kind) FULL JOIN old USING (member_id, day, kind)
  WHERE (counts.n, counts.ids, paired.pairs, counts.items) IS DISTINCT FROM (old.n, old.ids, old.pairs, old.items)),
gone AS (
  DELETE FROM member_day md USING differences d
  WHERE d.n IS NULL AND (md.member_id, md.day, md.kind) = (d.member_id, d.day, d.kind)),
written AS (
  INSERT INTO member_day (member_id, day, kind, n, ids, pairs, items)
  SELECT member_id, day, kind, n, ids, pairs, items FROM differences WHERE n IS NOT NULL
  ON CONFLICT (member_id, day, kind) DO UPDATE
  SET n = excluded.n, ids = excluded.ids, pairs = excluded.pairs, items = excluded.items)
SELECT count(*) FROM differences
"""
_MOST = 16 * EVIDENCE_MOST  # bytes
_ROLL_UP_DAYS = _ROLL_UP.format(rows=_OF_DAYS, most=_MOST)
_ROLL_UP_PERIOD = _ROLL_UP.format(rows=_OF_PERIOD, most=_MOST)
_RANGE = """
SELECT date_trunc('month', min(day))::date, max(day) FROM (
  SELECT (min(occurred_at) AT TIME ZONE 'UTC')::date AS day FROM event
  UNION ALL SELECT (max(occurred_at) AT TIME ZONE 'UTC')::date FROM event
  UNION ALL SELECT min(day) FROM member_day
  UNION ALL SELECT max(day) FROM member_day) days
"""
_FACTS = """
SELECT member_id, day, kind, n, ids, pairs, items FROM member_day
WHERE member_id = ANY(%s) ORDER BY member_id, day, kind
"""

_FACTS_SINCE = """
SELECT member_id, day, kind, n, ids, pairs, items FROM unnest(%s::bigint[], %s::date[]) k(m, since)
CROSS JOIN LATERAL (SELECT * FROM member_day WHERE member_id = k.m AND day >= k.since OFFSET 0) found
ORDER BY member_id, day, kind
"""

_KINDS = {"detailed": list(DETAILED), "neutral": list(NEUTRAL)}

FEW = 100  # keys, or members

# Millions of rows are read by a replay: `json.loads` would look for white space, and the constructor of a named tuple
# is slower than that of a tuple.
_decode = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_new = tuple.__new__


def roll_up(keys: Sequence[tuple[int, date]]) -> int:
    """Rebuild these member-days from their events; return the number of rows added, changed or deleted."""
    if not keys:
        return 0
    days = [day for _, day in keys]
    values = {
        "members": Ids(member_id for member_id, _ in keys),
        "days": days,
        "first": min(days),
        "last": max(days) + timedelta(days=1),
        **_KINDS,
    }
    if len(keys) <= FEW:
        return int(prepared.fetch(_ROLL_UP_DAYS, values)[0][0])
    return _execute(_ROLL_UP_DAYS, values)  # the planner must see them


def roll_up_period(first: date, last: date) -> int:
    """Rebuild everyone's days from `first` until before `last`; return the number of rows added, changed or deleted.

    Reads all events of these days in the order of the table, so a month at a time is faster than member by member.
    """
    return _execute(_ROLL_UP_PERIOD, {"first": first, "last": last, **_KINDS})


def months() -> Iterator[tuple[date, date]]:
    """Yield the first day of each month with events or rollups, and that of the next month."""
    with connection.cursor() as cursor:
        cursor.execute(_RANGE)
        first, last = cursor.fetchone()
    while first is not None and first <= last:
        following = (first + timedelta(days=31)).replace(day=1)
        yield first, following
        first = following


def _execute(statement: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def facts_of(
    member_ids: Sequence[int], since: Mapping[int, date] = MappingProxyType({})
) -> dict[int, list[Fact]]:
    """Return all facts of these members by member id, each list ordered by (day, kind).

    Of the members in `since`, only those from that day on.
    """
    found: dict[int, list[Fact]] = {member_id: [] for member_id in member_ids}
    everything = [member_id for member_id in member_ids if member_id not in since]
    if 0 < len(everything) <= FEW:
        _read(prepared.fetch(_FACTS, [Ids(everything)]), found)
    elif everything:
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [everything])
            _read(cursor.fetchall(), found)
    if since:
        _read(prepared.fetch(_FACTS_SINCE, [Ids(since), list(since.values())]), found)
    return found


def _read(rows: Iterable[tuple[Any, ...]], found: Mapping[int, list[Fact]]) -> None:
    for member_id, day, kind, n, ids, pairs, items in rows:
        if pairs is not None:
            pairs = _decode(pairs, 0)[0]
        if items is not None:
            items = _decode(items, 0)[0]
        found[member_id].append(_new(Fact, (day, kind, n, ids, pairs, items)))
