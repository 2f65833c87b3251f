"""Keep the states of busy members, so that a drain of their last weeks does not fold all their days again.

A process keeps in its memory the state of such a member before a day some weeks back. A later drain continues from
there if the member's rollup before that day has not changed, which the table says for all processes: whoever rolls up
an earlier day of the member, or folds them again for another reason, deletes the row. A row is read after the lock of
the shard, and a new one has a new token, so a state that was kept by a transaction that failed is never used.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from community.core import bulk
from community.core.prepared import Prepared
from journeys.engine.facts import Split
from journeys.engine.fold import Fold
from journeys.engine.ruleset import Ruleset
from journeys.hooks import AdvocacyResults, Facts
from journeys.models import Checkpoint

FEW = 20  # members in a drain: those in a larger one, as after an import, are not drained again soon
MANY = 500  # facts
BACK, KEEP = timedelta(days=28), timedelta(days=56)  # the age of a checkpoint, at first and at most
MOST = 50_000  # facts in the states that a process keeps

_ROWS = Prepared[tuple[int, date, uuid.UUID]](
    lambda ids: Checkpoint.objects.filter(pk__any_of=ids).values_list("member_id", "since", "token")
)


class Mark(NamedTuple):
    """A row of the table."""

    since: date
    token: uuid.UUID


class Kept(NamedTuple):
    """The state of a member before the day `mark.since`."""

    mark: Mark
    ruleset: int
    size: int  # in facts
    fold: Fold
    advocacy: object


_kept: OrderedDict[int, Kept] = OrderedDict()


def marks_of(keys: Collection[tuple[int, date | None]], as_of: date) -> dict[int, Mark] | None:
    """Return the checkpoints before all of these dirty days; deletes the others of the same members.

    Returns None where no states are to be kept.
    """
    members = {member_id for member_id, _ in keys}
    if len(members) > FEW:
        delete_checkpoints(list(members))
        return None
    marks = {pk: Mark(since, token) for pk, since, token in _ROWS(ids=list(members))}
    late = {pk for pk, day in keys if pk in marks and (day is None or day < marks[pk].since)}
    late |= {pk for pk, mark in marks.items() if not as_of - KEEP <= mark.since <= as_of}
    if late:
        delete_checkpoints(list(late))
    return {pk: mark for pk, mark in marks.items() if pk not in late}


def kept_states(marks: Mapping[int, Mark], member_ids: Collection[int], ruleset: int) -> dict[int, Kept]:
    """Return the states of these members that this process has kept at their checkpoints."""
    found = {}
    for member_id in member_ids:
        kept = _kept.get(member_id)
        if kept is not None and (kept.mark, kept.ruleset) == (marks.get(member_id), ruleset):
            _kept.move_to_end(member_id)
            found[member_id] = kept
    return found


def new_marks(
    marks: Mapping[int, Mark], member_ids: Collection[int], facts: Facts, as_of: date
) -> dict[int, Mark]:
    """Return the checkpoints of those of these members who are busy: the ones in `marks`, or new ones."""
    since = as_of - BACK
    return {
        pk: marks.get(pk) or Mark(since, uuid.uuid4())
        for pk in member_ids
        if pk in marks or len(facts[pk]) >= MANY
    }


def splits_of(kept: Mapping[int, Kept], new: Mapping[int, Mark]) -> dict[int, Split]:
    splits = {pk: Split(state.mark.since, state.advocacy) for pk, state in kept.items()}
    return splits | {pk: Split(mark.since) for pk, mark in new.items()}


def keep(
    marks: Mapping[int, Mark], facts: Facts, advocacy: AdvocacyResults, rules: Ruleset, version: int
) -> dict[int, Kept]:
    """Store these checkpoints, keep the states of their members there, and return these states."""
    rows = [Checkpoint(pk, mark.since, mark.token) for pk, mark in marks.items()]
    bulk.insert(rows, ignore_conflicts=True)
    found = {}
    for member_id, mark in marks.items():
        before = Fold(rules, advocacy[member_id].spans)
        before.add(facts[member_id], mark.since - timedelta(days=1))
        found[member_id] = Kept(mark, version, len(facts[member_id]), before, advocacy[member_id].paused)
        _kept.pop(member_id, None)
    _kept.update(found)
    while sum(state.size for state in _kept.values()) > MOST:
        _kept.popitem(last=False)
    return found


def delete_checkpoints(member_ids: Sequence[int] | None = None) -> None:
    """Delete the checkpoints of these members, or all of them."""
    rows = Checkpoint.objects.all()
    if member_ids is not None:
        rows = rows.filter(pk__any_of=member_ids)
    rows._raw_delete("default")
