"""The advocacy source of the stage engine; see `journeys.hooks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from community.core.source_code import digest
from journeys.engine.facts import Split
from journeys.hooks import AdvocacyResults, Facts

from .services import scores, storage


class ScoreSource:
    code = digest("advocacy.engine")

    def compute(
        self, facts: Facts, as_of: date, splits: Mapping[int, Split] = MappingProxyType({})
    ) -> AdvocacyResults:
        return scores.compute_results(facts, as_of, splits)

    def store(
        self, results: AdvocacyResults, members: Sequence[int], as_of: date, *, record_events: bool
    ) -> None:
        storage.store(results, members, as_of, record_events=record_events)

    def differences(self, results: AdvocacyResults, members: Sequence[int], as_of: date) -> list[str]:
        return scores.differences(results, members, as_of)
