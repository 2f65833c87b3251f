"""The numbers of the journey map, stored until a stage changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from journeys.services import report_numbers
from journeys.services.shards import today

from . import funnel, movement, overview


class MapNumbers(NamedTuple):
    """The rows behind `stage_counts`, `movement` and `funnel`."""

    sub_stages: Sequence[overview.SubStageRow]
    movement: movement.Counts
    funnel: funnel.Counts


def map_numbers(*, days: int, start: date) -> MapNumbers:
    """Return today's numbers: the movement of the last `days`, and the funnel of members seen since `start`."""

    def count() -> MapNumbers:
        return MapNumbers(
            overview.count_sub_stages(), movement.count_movement(days), funnel.count_funnel(start, today())
        )

    return MapNumbers(*report_numbers.stored(f"map:{today()}:{days}:{start}", count))
