"""All numbers of the journey map, counted at once and kept while no stage changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from journeys.services import report_numbers
from journeys.services.shards import today

from . import funnel, movement, overview


class MapNumbers(NamedTuple):
    """What `stage_counts`, `movement` and `funnel` are made from."""

    sub_stages: Sequence[overview.SubStageRow]
    movement: movement.Counts
    funnel: funnel.Counts


def map_numbers(*, days: int, start: date) -> MapNumbers:
    """Return the numbers of today for a movement over so many days and the funnel of those seen since `start`."""

    def count() -> MapNumbers:
        return MapNumbers(
            overview.count_sub_stages(), movement.count_movement(days), funnel.count_funnel(start, today())
        )

    return report_numbers.kept(f"{today()}:{days}:{start}", count)
