"""What the stage engine asks of the advocacy score; see `journeys.hooks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from journeys.hooks import Facts, Standings

from . import services


class ScoreSource:
    def standing(self, facts: Facts, as_of: date) -> Standings:
        return services.standings_of(facts, as_of)

    def store(self, standings: Standings, members: Sequence[int], as_of: date) -> None:
        services.store(standings, members, as_of)

    def differences(self, standings: Standings, members: Sequence[int], as_of: date) -> list[str]:
        return services.differences(standings, members, as_of)
