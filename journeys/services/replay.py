"""Recompute every member from the raw events, or compare every member with what is stored.

The comparison deliberately shares as little code as possible with the drain: events are read one by one and rolled
up in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.models.expressions import RawSQL

from community.core.collector import gc_paused
from community.events.models import Event
from community.events.services.cursors import follow, is_behind
from journeys.engine.facts import NO_ADVOCACY, Fact, RawEvent, Result
from journeys.engine.rollup import roll_up
from journeys.hooks import advocacy_source
from journeys.models import EngineVersion, MemberState

from . import shards
from .customers import customer_since
from .dirty import NEVER_DIRTY, due_members, shard_of, waiting_members
from .known import Known, known_members
from .rollup import facts_of, months
from .shards import fold_all, today
from .storage import content_of, state_values, stored_history

CHUNK = 500  # members

# Increase it with every change that gives the same events different stages or scores.
ENGINE_VERSION = 3

_WITH_EVENTS = "SELECT DISTINCT member_id FROM event WHERE member_id IS NOT NULL ORDER BY member_id"
_COMPUTED = """
SELECT DISTINCT member_id FROM member_day
UNION SELECT member_id FROM member_state
UNION SELECT member_id FROM stage_history WHERE superseded_at IS NULL
ORDER BY member_id
"""


@dataclass
class Comparison:
    """The result of a check."""

    members: int = 0
    member_days: int = 0
    waiting: int = 0
    follower_behind: bool = False
    differences: list[str] = field(default_factory=list)


@dataclass
class Replayed:
    """How many members were recomputed, how many rows changed, and how many members' histories were corrected."""

    members: int = 0
    rows: int = 0
    corrected: int = 0


def replay_everyone(*, as_of: date | None = None, record_events: bool = True) -> Replayed:
    """Follow the log, roll up all events, then fold every member, up to CHUNK members of a shard per transaction.

    What happens meanwhile is marked dirty, and rolled up by the drains or with the member. Without `record_events`, no
    events are recorded about the changes, so that nobody is notified of them.
    """
    while follow("journeys.mark"):
        pass
    done = Replayed()
    before = _members(_COMPUTED)
    for first, last in months():
        done.rows += shards.roll_up_month(first, last)
    by_shard: dict[int, list[int]] = {}
    for member_id in sorted({*before, *_members(_COMPUTED)}):
        by_shard.setdefault(shard_of(member_id), []).append(member_id)
    for shard, members in sorted(by_shard.items()):
        for start in range(0, len(members), CHUNK):
            changes = shards.replay(
                shard, members[start : start + CHUNK], as_of=as_of, record_events=record_events
            )
            done.rows += changes.rollup + changes.rows
            done.corrected += len(changes.corrected)
        done.members += len(members)
    return done


def replay_after_upgrade() -> Replayed | None:
    """Recompute every member, without events, if the engine has changed since they were computed; None if it has not.

    The old history is kept as superseded.
    """
    if _stored_version() >= ENGINE_VERSION:
        return None
    done = replay_everyone(record_events=False)
    EngineVersion.objects.update(version=ENGINE_VERSION)
    return done


def _stored_version() -> int:
    """Return the version that computed the stored journeys; those without one are of version 1."""
    version = 1 if MemberState.objects.exists() else ENGINE_VERSION
    return EngineVersion.objects.get_or_create(pk=1, defaults={"version": version})[0].version


def _members(statement: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [member_id for (member_id,) in cursor.fetchall()]


def check_everyone() -> Comparison:
    """Compare a fresh fold of every member with what is stored; writes nothing.

    Members who are dirty, or due because of the date, are skipped and counted as waiting.
    """
    as_of = today()
    found = Comparison(follower_behind=is_behind("journeys.mark", ignoring=NEVER_DIRTY))
    waiting = waiting_members() | due_members(as_of)
    everyone = sorted({*_members(_WITH_EVENTS), *_members(_COMPUTED), *waiting})
    found.waiting = len(waiting)
    for start in range(0, len(everyone), CHUNK):
        members = [member_id for member_id in everyone[start : start + CHUNK] if member_id not in waiting]
        _check(members, as_of, found)
    return found


@gc_paused()
def _check(members: Sequence[int], as_of: date, found: Comparison) -> None:
    facts = {member_id: roll_up(events) for member_id, events in _events_of(members)}
    found.members += len(members)
    found.member_days += sum(len({fact.day for fact in of_member}) for of_member in facts.values())
    known, live = known_members(members)
    not_staff = {pk for pk, member in known.items() if not member.is_team}
    followed = {member_id: of_member for member_id, of_member in facts.items() if member_id in not_staff}
    source = advocacy_source()
    advocacy = source.compute(followed, as_of)
    results, _ = fold_all(followed, live.rules, known, advocacy=advocacy, as_of=as_of)
    results |= {member_id: Result() for member_id in members if member_id not in results}
    found.differences += [
        *_rollup_differences(facts),
        *_history_differences(results),
        *_state_differences(
            {m: state_values(r, advocacy.get(m, NO_ADVOCACY)) for m, r in results.items()}, known
        ),
        *_customer_differences(results, known),
        *source.differences(advocacy, list(members), as_of),
    ]


def _events_of(members: Sequence[int]) -> Iterator[tuple[int, list[RawEvent]]]:
    found: dict[int, list[RawEvent]] = {member_id: [] for member_id in members}
    rows = (
        Event.objects.not_retracted()
        .filter(member_id__in=members)
        .annotate(log=RawSQL("ARRAY[epoch, xid::text::bigint, seq]", ()))  # not in the model
        .values_list(
            "event_id",
            "member_id",
            "occurred_at",
            "name",
            "counterpart_id",
            "value_cents",
            "currency",
            "props",
            "log",
        )
    )
    for event_id, member_id, at, name, counterpart_id, cents, currency, props, log in rows.iterator():
        moment = at.astimezone(UTC)
        midnight = datetime.combine(moment.date(), time(), UTC)
        found[member_id].append(
            RawEvent(
                event_id=event_id,
                member_id=member_id,
                day=moment.date(),
                microsecond=(moment - midnight) // timedelta(microseconds=1),
                name=name,
                counterpart_id=counterpart_id,
                cents=cents,
                currency=currency,
                props=props,
                log=tuple(log),
            )
        )
    yield from found.items()


def _rollup_differences(facts: dict[int, list[Fact]]) -> Iterator[str]:
    stored = facts_of(list(facts))
    for member_id, wanted in facts.items():
        if wanted != stored[member_id]:
            strange = {(f.day, f.kind) for f in wanted if f not in stored[member_id]}
            strange |= {(f.day, f.kind) for f in stored[member_id] if f not in wanted}
            day, kind = min(strange)
            yield f"member {member_id}: the rollup of {day} differs for {kind} ({len(strange)} in all)"


def _history_differences(results: dict[int, Result]) -> Iterator[str]:
    for member_id, stored in stored_history(list(results)).items():
        rows = results[member_id].rows
        wanted = {row.seq: (row.exited_on, content_of(row)) for row in rows}
        there = {seq: (old.exited_on, old.content) for seq, old in stored.items()}
        for seq in sorted(wanted.keys() | there.keys()):
            if wanted.get(seq) != there.get(seq):
                yield f"member {member_id}: history row {seq} is {there.get(seq)}, should be {wanted.get(seq)}"


def _state_differences(
    wanted: dict[int, tuple[object, ...] | None], known: dict[int, Known]
) -> Iterator[str]:
    for member_id, values in wanted.items():
        stored = known[member_id].state if member_id in known else None
        if values != stored:
            yield f"member {member_id}: the state is {stored}, should be {values}"


def _customer_differences(results: dict[int, Result], known: dict[int, Known]) -> Iterator[str]:
    for member_id, member in known.items():
        wanted = customer_since(results[member_id])
        if member.customer_since != wanted:
            yield f"member {member_id}: customer since {member.customer_since}, should be {wanted}"
