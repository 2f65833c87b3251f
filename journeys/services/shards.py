"""Drain or replay a shard: one transaction, idempotent and crash-safe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from types import MappingProxyType

from django.db import connection, transaction
from psycopg.types.numeric import Int4, Int8

from community.core import prepared
from community.core.collector import gc_paused
from journeys.engine import facts as engine
from journeys.engine.facts import Split
from journeys.engine.fold import Fold
from journeys.engine.ruleset import Ruleset
from journeys.hooks import AdvocacyResults, Facts, advocacy_source

from . import checkpoints, report_numbers
from .checkpoints import Kept
from .customers import update_customer_since
from .dirty import SHARDS
from .known import Known, known_members
from .rollup import FEW, facts_of, roll_up, roll_up_period
from .stage_events import record_stage_events
from .storage import Changes, write_history, write_states

_LOCK = 7001
# Also lets PostgreSQL plan each prepared statement once: for a few keys, planning takes longer than running it. It must
# not plan to read a whole table because that is small now.
_TRY_LOCK = """
SELECT pg_try_advisory_xact_lock(%s, %s), set_config('plan_cache_mode', 'force_generic_plan', true),
  set_config('enable_seqscan', 'off', true)
"""
_PLAN_FOR_MANY = (
    "SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'on', true)"
)
# Whole members: folding one costs the same for one of their days as for all.
_TAKE = """
DELETE FROM journeys_dirty WHERE shard = %(shard)s AND (day IS NULL OR day <= %(day)s)
  AND member_id <= (SELECT max(member_id) FROM (
    SELECT member_id FROM journeys_dirty WHERE shard = %(shard)s AND (day IS NULL OR day <= %(day)s)
    ORDER BY member_id LIMIT %(limit)s) AS first)
RETURNING member_id, day
"""
_TAKE_MEMBERS = """
DELETE FROM journeys_dirty
WHERE shard = %(shard)s AND member_id = ANY(%(members)s) AND (day IS NULL OR day <= %(day)s)
RETURNING member_id, day
"""
_WAITING = "SELECT DISTINCT shard FROM journeys_dirty WHERE day IS NULL OR day <= %s ORDER BY shard"


@dataclass(frozen=True)
class Drained:
    """The result of one drain: keys taken from the queue, and rows written to rollup, history and state."""

    keys: int = 0
    rollup: int = 0
    rows: int = 0


def today() -> date:
    """Return the current UTC day, the default as-of date."""
    return datetime.now(UTC).date()


def waiting_shards(as_of: date | None = None) -> list[int]:
    """Return the shards with dirty keys. Future days are not drained yet."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [as_of or today()])
        return [shard for (shard,) in cursor.fetchall()]


@transaction.atomic
def drain(shard: int, *, limit: int = 5000, as_of: date | None = None) -> Drained:
    """Recompute the members of a shard's first `limit` dirty member-days; `keys` is 0 when there were none.

    One worker per shard: returns at once when another worker holds the lock.
    """
    day = as_of or today()
    keys = _take(shard, day, limit)
    if not keys:
        return Drained()
    if len(keys) > FEW:
        prepared.fetch(_PLAN_FOR_MANY)
    rolled = _roll_up_days(keys)
    changes = refold(_first_days(keys), as_of=day)
    return Drained(len(keys), rolled, changes.rows)


def _take(shard: int, day: date, limit: int) -> list[tuple[int, date | None]]:
    if not prepared.fetch(_TRY_LOCK, [Int4(_LOCK), Int4(shard)])[0][0]:
        return []
    values = {"shard": Int4(shard), "day": day, "limit": Int8(limit)}
    return [(member_id, on) for member_id, on in prepared.fetch(_TAKE, values)]


@transaction.atomic
def roll_up_month(first: date, last: date) -> int:
    """Rebuild everyone's rollup of the days from `first` until before `last`; waits for the workers that drain.

    Dirty member-days stay dirty. Returns the number of rows added, changed or deleted.
    """
    hold_drains()
    checkpoints.delete_after(first)
    return roll_up_period(first, last)


def hold_drains() -> None:
    """Keep drains from starting until the end of the transaction; waits for running ones.

    Drains lock their shard before any row, so code that locks rows written by drains must call this first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, shard) FROM generate_series(0, %s) shard", [_LOCK, SHARDS - 1]
        )


@transaction.atomic
def replay(
    shard: int, member_ids: Sequence[int], *, as_of: date | None = None, record_events: bool = True
) -> Changes:
    """Fold members of one shard again, dirty or not; waits for a worker that drains it.

    Only their dirty days are rolled up. Without `record_events`, no events are recorded about the changes.
    """
    day = as_of or today()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, shard])
        cursor.execute(_TAKE_MEMBERS, {"shard": shard, "day": day, "members": list(member_ids)})
        keys = list(cursor.fetchall())
    rolled = _roll_up_days(keys)
    changes = refold(dict.fromkeys(member_ids, date.min), as_of=day, record_events=record_events)
    changes.rollup = rolled
    return changes


def _roll_up_days(keys: Iterable[tuple[int, date | None]]) -> int:
    return roll_up(sorted({(member_id, on) for member_id, on in keys if on is not None}))


def _first_days(keys: Iterable[tuple[int, date | None]]) -> dict[int, date]:
    """Return by member the first of these days, or `date.min` for one to fold from the start."""
    found: dict[int, date] = {}
    for member_id, day in sorted(keys, key=itemgetter(0)):
        found[member_id] = min(day or date.min, found.get(member_id, date.max))
    return found


@gc_paused()
def refold(firsts: Mapping[int, date], *, as_of: date, record_events: bool = True) -> Changes:
    """Fold these members from their rollup and write the differences.

    `firsts` has by member the first day of which the rollup may have changed.
    """
    members, live = known_members(firsts, firsts, as_of=as_of)
    staff = [pk for pk, member in members.items() if member.is_team]
    starts = {pk: member.checkpoint for pk, member in members.items() if member.checkpoint}
    followed = [pk for pk, member in members.items() if not member.is_team]
    facts = facts_of(followed, {pk: starts[pk].since for pk in followed if pk in starts})
    days = checkpoints.days_to_keep(facts, firsts, starts, as_of)
    splits = {pk: Split(start.advocacy, days.get(pk)) for pk, start in starts.items()}
    source = advocacy_source()
    advocacy = source.compute(facts, as_of, {pk: Split(keep=day) for pk, day in days.items()} | splits)
    results, frozen = fold_all(
        facts, live.rules, members, advocacy=advocacy, as_of=as_of, starts=starts, keep=days
    )
    if days:
        checkpoints.keep(days, frozen, advocacy, ruleset=live.version)
    results |= dict.fromkeys(staff, engine.Result())
    changes = write_history(results, version=live.version)
    stored = {pk: member.state for pk, member in members.items()}
    changes.states = write_states(results, advocacy, stored, version=live.version, as_of=as_of)
    source.store(advocacy, list(results), as_of, record_events=record_events)
    update_customer_since(results, {pk: member.customer_since for pk, member in members.items()})
    if changes.rows:
        report_numbers.invalidate_on_commit()
    if record_events:
        record_stage_events(changes, skip=staff)
    return changes


def fold_all(
    facts: Facts,
    rules: Ruleset,
    members: Mapping[int, Known],
    *,
    advocacy: AdvocacyResults,
    as_of: date,
    starts: Mapping[int, Kept] = MappingProxyType({}),
    keep: Mapping[int, date] = MappingProxyType({}),
) -> tuple[dict[int, engine.Result], dict[int, bytes]]:
    """Fold many members at once, those in `starts` from there; also return the states before the days in `keep`."""
    results, frozen = {}, {}
    for member_id, of_member in facts.items():
        spans = advocacy.get(member_id, engine.NO_ADVOCACY).spans
        start = starts.get(member_id)
        folded = Fold.thaw(start.fold, rules, spans) if start else Fold(rules, spans)
        if member_id in keep:
            folded.add(of_member, keep[member_id] - timedelta(days=1))
            frozen[member_id] = folded.freeze()
        folded.add(of_member, as_of)
        results[member_id] = folded.result(as_of, members[member_id].overrides)
    return results, frozen
