"""The hook through which the advocacy app supplies scores to the stage engine.

The drain calls the source once per batch, in its transaction, after updating the rollup:

1. `compute(facts, as_of, splits)`: pure. `facts` maps every member id of the batch (except staff) to all of the member's
   rollup rows, ordered by (day, kind); see `engine.facts.Fact`. Counts are exact, and kinds with a counterpart
   have `pairs`, the count per counterpart id, so that the pair cap and the exclusion of self-dealing and of staff
   can be exact. Facts after `as_of` must be ignored. Returns an `Advocacy` for each member that has any: the
   spans of rule R6 with evidence (event ids), and the next date on which something changes without an event.
   For a member with a `Split` with a state to start from, `facts` has only the facts since then, and the result is
   that of all facts; with a day, the result has the state before it as `frozen`.
2. `store(results, members, as_of, record_events)`: write the differences from what is stored, for exactly these
   members, and delete the score of a member without a result. Must write nothing when nothing differs, and record no
   events without `record_events`.
3. `differences(results, members, as_of)`: return one sentence per difference between the results and what is
   stored; writes nothing. `journeys_replay --check` calls it with results computed from the raw events.

The setting ADVOCACY_SOURCE contains the dotted path of the source's class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from .engine.facts import Advocacy, Fact, Split

Facts = Mapping[int, Sequence[Fact]]
AdvocacyResults = Mapping[int, Advocacy]


class AdvocacySource(Protocol):
    code: str  # a digest of the code that can read its states

    def compute(self, facts: Facts, as_of: date, splits: Mapping[int, Split] = ...) -> AdvocacyResults: ...

    def store(
        self, results: AdvocacyResults, members: Sequence[int], as_of: date, *, record_events: bool
    ) -> None: ...

    def differences(self, results: AdvocacyResults, members: Sequence[int], as_of: date) -> list[str]: ...


def advocacy_source() -> AdvocacySource:
    """Return the source of advocacy scores that the settings name."""
    source: AdvocacySource = import_string(settings.ADVOCACY_SOURCE)()
    return source
