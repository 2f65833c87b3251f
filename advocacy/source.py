"""The advocacy source of the stage engine; see `journeys.hooks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from journeys.hooks import AdvocacyResults, Facts

from .services import scores, storage


class ScoreSource:
    def compute(self, facts: Facts, as_of: date) -> AdvocacyResults:
        return scores.compute_results(facts, as_of)

    def store(
        self, results: AdvocacyResults, members: Sequence[int], as_of: date, *, record_events: bool
    ) -> None:
        storage.store(results, members, as_of, record_events=record_events)

    def differences(self, results: AdvocacyResults, members: Sequence[int], as_of: date) -> list[str]:
        return scores.differences(results, members, as_of)
