"""Store the results of the fold: only the differences from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from community.core import bulk
from community.core.prepared import Prepared
from journeys.engine.facts import NO_ADVOCACY, Advocacy, Result, Row
from journeys.models import MemberState, StageHistory

# The columns that make two history rows equal. The sentence and the ruleset version are not among them: a new
# wording, or new rules with the same result, do not supersede a row.
CONTENT = (
    "prev",
    "stage",
    "sub_stage",
    "facets",
    "cycle",
    "effective_on",
    "rule",
    "evidence",
    "evidence_n",
    "facts",
)
STATE = (
    "stage",
    "sub_stage",
    "facets",
    "cycle",
    "stage_since",
    "first_on",
    "last_active_on",
    "customer_since",
    "activity",
    "risks",
    "at_risk",
    "shown_stage",
    "next_due",
    "next_due_why",
)

_CLOSE = """
UPDATE stage_history h SET exited_on = u.exited_on
FROM unnest(%s::bigint[], %s::date[]) u(id, exited_on) WHERE h.id = u.id
"""

_HISTORY = Prepared[tuple[Any, ...]](
    lambda ids: (
        StageHistory.objects.current()
        .filter(member__any_of=ids)
        .values_list("id", "member_id", "seq", "exited_on", *CONTENT)
    )
)


@dataclass(frozen=True)
class Stored:
    """A current history row in the database."""

    id: int
    member_id: int
    seq: int
    exited_on: date | None
    content: tuple[Any, ...]

    @property
    def position(self) -> tuple[int, int, str]:
        """Member, cycle and stage: rows with the same position are about the same stage change."""
        return self.member_id, self.content[4], self.content[1]


@dataclass
class Changes:
    """The changes that a drain or a replay makes."""

    added: list[StageHistory] = field(default_factory=list)
    superseded: list[Stored] = field(default_factory=list)
    closed: list[tuple[int, date]] = field(default_factory=list)
    states: int = 0
    rollup: int = 0

    @property
    def rows(self) -> int:
        """Rows written to history and state."""
        return len(self.added) + len(self.superseded) + len(self.closed) + self.states

    @property
    def corrected(self) -> set[int]:
        """The members whose recorded history turned out to be wrong."""
        return {old.member_id for old in self.superseded}


def content_of(row: Row) -> tuple[Any, ...]:
    """Return the row's values in the order of CONTENT."""
    return (
        row.prev,
        row.stage,
        row.sub_stage,
        list(row.facets),
        row.cycle,
        row.effective_on,
        row.rule,
        list(row.evidence),
        row.evidence_n,
        dict(row.facts),
    )


def stored_history(member_ids: Sequence[int]) -> dict[int, dict[int, Stored]]:
    """Return the current history rows of these members, by member id and seq."""
    found: dict[int, dict[int, Stored]] = {member_id: {} for member_id in member_ids}
    for pk, member_id, seq, exited_on, *content in _HISTORY(ids=member_ids):
        found[member_id][seq] = Stored(pk, member_id, seq, exited_on, tuple(content))
    return found


def write_history(results: Mapping[int, Result], *, version: int) -> Changes:
    """Write the differences between these histories and the stored ones.

    Equal rows are untouched, an open row may be closed once, and any other difference supersedes the row and adds
    a new one.
    """
    changes = Changes()
    for member_id, stored in stored_history(list(results)).items():
        rows = {row.seq: row for row in results[member_id].rows}
        changes.superseded += [old for seq, old in stored.items() if seq not in rows]
        for seq, row in rows.items():
            _compare(changes, member_id, stored.get(seq), row, version)
    _apply(changes)
    return changes


def _compare(changes: Changes, member_id: int, old: Stored | None, row: Row, version: int) -> None:
    if old is not None and old.content == content_of(row):
        if old.exited_on == row.exited_on:
            return
        if old.exited_on is None and row.exited_on is not None:
            changes.closed.append((old.id, row.exited_on))
            return
    if old is not None:
        changes.superseded.append(old)
    content = dict(zip(CONTENT, content_of(row), strict=True))
    changes.added.append(
        StageHistory(
            member_id=member_id,
            seq=row.seq,
            exited_on=row.exited_on,
            ruleset=version,
            sentence=row.sentence,
            **content,
        )
    )


def _apply(changes: Changes) -> None:
    if changes.superseded:
        gone = StageHistory.objects.filter(id__in=[old.id for old in changes.superseded])
        gone.update(superseded_at=timezone.now())
    if changes.closed:
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, [[pk for pk, _ in changes.closed], [day for _, day in changes.closed]])
    keys = bulk.insert(changes.added, returning=("member", "seq", "id"))
    ids = {(member_id, seq): pk for member_id, seq, pk in keys}
    for row in changes.added:
        row.pk = ids[row.member_id, row.seq]


def state_values(result: Result, advocacy: Advocacy = NO_ADVOCACY) -> tuple[Any, ...] | None:
    """Return the member's state in the order of STATE, or None when there is none."""
    state = result.state
    if state is None:
        return None
    dues = [(state.next_due, state.next_due_why), (advocacy.next_due, advocacy.next_due_why)]
    next_due, why = min(((day, why) for day, why in dues if day is not None), default=(None, ""))
    return (
        state.stage,
        state.sub_stage,
        list(state.facets),
        state.cycle,
        state.stage_since,
        state.first_on,
        state.last_active_on,
        state.customer_since,
        state.activity,
        list(state.risks),
        state.at_risk,
        state.shown_stage,
        next_due,
        why,
    )


def write_states(
    results: Mapping[int, Result],
    advocacy: Mapping[int, Advocacy],
    stored: Mapping[int, tuple[Any, ...] | None],
    *,
    version: int,
    as_of: date,
) -> int:
    """Upsert or delete the states that differ from those stored; return how many did."""
    wanted = {m: state_values(result, advocacy.get(m, NO_ADVOCACY)) for m, result in results.items()}
    fresh = [
        MemberState(member_id=m, ruleset=version, as_of=as_of, **dict(zip(STATE, values, strict=True)))
        for m, values in wanted.items()
        if values is not None and values != stored.get(m)
    ]
    gone = [
        member_id for member_id, values in wanted.items() if values is None and stored[member_id] is not None
    ]
    if gone:
        MemberState.objects.filter(member_id__in=gone).delete()
    bulk.insert(fresh, update=[*STATE, "ruleset", "as_of"])
    return len(fresh) + len(gone)
