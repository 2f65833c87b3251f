"""The advocacy source of the stage engine; see `journeys.hooks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from journeys.hooks import AdvocacyResults, Facts

from . import services


class ScoreSource:
    def compute(self, facts: Facts, as_of: date) -> AdvocacyResults:
        return services.compute_results(facts, as_of)

    def store(self, results: AdvocacyResults, members: Sequence[int], as_of: date) -> None:
        services.store(results, members, as_of)

    def differences(self, results: AdvocacyResults, members: Sequence[int], as_of: date) -> list[str]:
        return services.differences(results, members, as_of)
