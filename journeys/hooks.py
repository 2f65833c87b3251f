"""Where the advocacy score meets the stage engine, without the engine importing it.

The drain calls the source once per batch, in its transaction, after the rollup has been brought up to date:

1. `standing(facts, as_of)`: pure. `facts` maps every member id of the batch (staff left out) to all of the
   member's rollup rows, ordered by (day, kind); see `engine.facts.Fact`. Facts carry exact counts, and for
   kinds with a member at the other end `pairs`, the count per counterpart id, so that the pair cap and the
   dropping of self-dealing and staff counterparts can be exact. Facts later than `as_of` must be ignored.
   Returns a `Standing` for each member that has any: the spans of rule R6 with evidence (event ids), and the
   next date on which time alone changes something.
2. `store(standings, members, as_of)`: write what differs from what is stored, for exactly these members; a
   member without a standing has none (delete it). Writing nothing when nothing differs is part of the contract.
3. `differences(standings, members, as_of)`: one sentence per difference between the standings and what is
   stored; writes nothing. `journeys_replay --check` calls it with standings computed from the raw events.

Register it in AppConfig.ready(): `standing_source(Source())`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from .engine.facts import Fact, Standing

Facts = Mapping[int, Sequence[Fact]]
Standings = Mapping[int, Standing]


class StandingSource(Protocol):
    def standing(self, facts: Facts, as_of: date) -> Standings: ...

    def store(self, standings: Standings, members: Sequence[int], as_of: date) -> None: ...

    def differences(self, standings: Standings, members: Sequence[int], as_of: date) -> list[str]: ...


class _NoSource:
    """What stands in until the advocacy app registers: nobody is an advocate."""

    def standing(self, facts: Facts, as_of: date) -> Standings:
        return {}

    def store(self, standings: Standings, members: Sequence[int], as_of: date) -> None:
        return None

    def differences(self, standings: Standings, members: Sequence[int], as_of: date) -> list[str]:
        return []


_source: StandingSource = _NoSource()


def standing_source(source: StandingSource) -> None:
    """Let `source` say who is an advocate. The last one registered counts."""
    global _source
    _source = source


def current_source() -> StandingSource:
    return _source
