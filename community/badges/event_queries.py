"""Find who has earned a badge by events: one statement for any number of rules and members.

Its plan must not depend on statistics, which lag behind an import. So each statement first reads the events of the
members by index into a materialized CTE, and joins only that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8

from community.badges.criteria import EventRule
from community.core import prepared
from community.events.models import Event
from community.members.models import team_sql

Row = tuple[int, datetime, UUID, int | None]  # member, when, event and post
Open = tuple[int, int, str]  # part, member and the member's time zone

# Staff earn no badges: they show their role beside their name, and their posts are their job. A revoked award counts.
_WITHOUT_BADGE = f"""
  JOIN members_member m ON m.id = asked.member_id AND NOT {team_sql("m")}
  WHERE NOT EXISTS (
    SELECT FROM badges_award a WHERE a.badge_id = asked.badge_id AND a.member_id = asked.member_id)
"""
_OPEN = f"""
  SELECT asked.part, asked.member_id, m.time_zone
  FROM unnest(%(parts)s::bigint[], %(badges)s::bigint[], %(members)s::bigint[]) AS asked(part, badge_id, member_id)
  {_WITHOUT_BADGE}
"""  # noqa: S608
_OPEN_FOR_ALL = f"""
  SELECT asked.part, asked.member_id, m.time_zone
  FROM (SELECT %(part)s::bigint AS part, %(badge)s::bigint AS badge_id, id AS member_id FROM members_member) asked
  {_WITHOUT_BADGE}
"""  # noqa: S608

_CROSSED = """
WITH rule AS MATERIALIZED (
  SELECT * FROM unnest(%(parts)s::bigint[], %(names)s::text[], %(wheres)s::jsonb[], %(at_least)s::bigint[],
    %(days)s::bigint[], %(each)s::text[], %(others)s::boolean[])
    AS rule(part, name, props, at_least, days, each, others)
), happened AS MATERIALIZED (
  SELECT e.member_id, e.event_id, e.occurred_at, e.name, e.object_type, e.object_id, e.counterpart_id, e.props
  FROM event e
  WHERE e.retracted_at IS NULL AND e.name = ANY(%(names)s::text[]) {of}
), fact AS (
  SELECT rule.part, rule.at_least, rule.days, h.member_id, h.event_id, h.occurred_at, h.object_type, h.object_id,
    (h.occurred_at AT TIME ZONE open.zone)::date AS day,
    row_number() OVER (PARTITION BY rule.part, h.member_id, CASE rule.each
      WHEN 'day' THEN (h.occurred_at AT TIME ZONE open.zone)::date::text
      WHEN 'object' THEN concat(h.object_type, ' ', h.object_id)
      WHEN 'counterpart' THEN h.counterpart_id::text
      ELSE h.event_id::text END
    ORDER BY h.occurred_at, h.event_id) AS nth
  FROM happened h
  JOIN rule ON rule.name = h.name AND h.props @> rule.props
  JOIN unnest(%(open_parts)s::bigint[], %(open_members)s::bigint[], %(open_zones)s::text[])
    AS open(part, member_id, zone) ON open.part = rule.part AND open.member_id = h.member_id
  WHERE NOT rule.others OR h.counterpart_id IS DISTINCT FROM h.member_id
), counted AS (
  SELECT *, lag(day, at_least::int - 1)
    OVER (PARTITION BY part, member_id ORDER BY occurred_at, event_id) AS began
  FROM fact WHERE nth = 1
), crossed AS (
  SELECT DISTINCT ON (part, member_id) * FROM counted
  WHERE began IS NOT NULL AND (days IS NULL OR day - began < days)
  ORDER BY part, member_id, occurred_at, event_id
)
SELECT c.part, c.member_id, c.occurred_at, c.event_id, coalesce(
  (SELECT id FROM forum_post WHERE c.object_type = 'forum.post' AND id = c.object_id),
  (SELECT id FROM forum_post WHERE c.object_type = 'forum.topic' AND topic_id = c.object_id AND kind = 'opening'))
FROM crossed c
"""
_OF = "AND e.member_id = ANY(%(members)s::bigint[])"

_NEW_YEARS = """
  SELECT DISTINCT did.member_id FROM unnest(%(members)s::bigint[], %(at)s::timestamptz[]) AS did(member_id, at)
  JOIN members_member m ON m.id = did.member_id
  WHERE did.at >= m.joined_at + interval '1 year' AND NOT EXISTS (
    SELECT FROM badges_award a WHERE a.badge_id = %(badge)s::bigint AND a.member_id = did.member_id
    AND a.key = 'year:' || date_part('year', age(did.at, m.joined_at))::int)
"""


@dataclass(frozen=True)
class Part:
    """An event rule of a badge, alone or one of several, and the members to check; None: all."""

    badge_id: int
    rule: EventRule
    member_ids: Collection[int] | None


def crossed(parts: Sequence[Part]) -> list[list[Row]]:
    """Return, for each part, the first event by which each member without the badge has met the rule."""
    found: Mapping[int, list[Row]]
    if any(part.member_ids is None for part in parts):
        # One by one: each of them reads the events of everybody.
        return [_rows({0: part}, _open_for_all(part), of="")[0] for part in parts]
    numbered = dict(enumerate(parts))
    found = _rows(numbered, _open(numbered), of=_OF)
    return [found[number] for number in numbered]


def with_new_year(badge_id: int, events: Iterable[Event]) -> set[int]:
    """Return the members to whom one of these events happened in a year of membership that has no award yet."""
    happened = [(event.member_id, event.occurred_at) for event in events]
    members, at = [member for member, _ in happened], [when for _, when in happened]
    with prepared.cursor() as cursor:
        cursor.execute(_NEW_YEARS, {"members": _numbers(members), "at": at, "badge": Int8(badge_id)})
        return {member_id for (member_id,) in cursor.fetchall()}


def _open(parts: Mapping[int, Part]) -> list[Open]:
    """Return the parts and members, of those asked for, where the badge can still be earned."""
    asked = [(n, part.badge_id, member) for n, part in parts.items() for member in part.member_ids or ()]
    if not asked:
        return []
    with prepared.cursor() as cursor:
        names = ("parts", "badges", "members")
        columns = map(_numbers, zip(*asked, strict=True))
        cursor.execute(_OPEN, dict(zip(names, columns, strict=True)))
        return list(cursor.fetchall())


def _open_for_all(part: Part) -> list[Open]:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_FOR_ALL, {"part": 0, "badge": part.badge_id})
        return list(cursor.fetchall())


def _rows(parts: Mapping[int, Part], still_open: Sequence[Open], *, of: str) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    if not still_open:
        return found
    rules = {number: parts[number].rule for number in sorted({number for number, _, _ in still_open})}
    members = sorted({member for _, member, _ in still_open})
    values = {
        "parts": _numbers(rules),
        "names": [rule.event for rule in rules.values()],
        "wheres": [Jsonb(rule.where) for rule in rules.values()],
        "at_least": _numbers(rule.at_least for rule in rules.values()),
        "days": [rule.window_days and Int8(rule.window_days) for rule in rules.values()],
        "each": [rule.each for rule in rules.values()],
        "others": [rule.others for rule in rules.values()],
        "open_parts": _numbers(number for number, _, _ in still_open),
        "open_members": _numbers(member for _, member, _ in still_open),
        "open_zones": [zone if zone in _known_zones() else "UTC" for _, _, zone in still_open],
        **({"members": _numbers(members)} if of else {}),
    }
    with prepared.cursor(keeps_plan=bool(of)) as cursor:
        # Without statistics, PostgreSQL expects few rows and would compare every event with every member.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_CROSSED.format(of=of), values)
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    for number, *row in rows:
        found[number].append(tuple(row))
    return found


@cache
def _known_zones() -> frozenset[str]:
    """Return the time zones that PostgreSQL knows; others would raise an error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return frozenset(name for (name,) in cursor.fetchall())


def _numbers(values: Iterable[Any]) -> list[Int8]:
    """One type whatever their size: a statement is prepared for the types of its parameters."""
    return [Int8(value) for value in values]
