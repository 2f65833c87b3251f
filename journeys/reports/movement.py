"""Members by their stage some days ago and their stage now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from community.moderation.active_sanctions import out_of_reach
from journeys.models import Stage
from journeys.services.shards import today

NEW = ""  # not seen before the first day

_MOVEMENT = """
SELECT coalesce(was.stage, ''), now.stage, count(*)
FROM stage_history now
LEFT JOIN stage_history was ON was.member_id = now.member_id AND was.superseded_at IS NULL
  AND was.effective_on <= %(then)s AND (was.exited_on IS NULL OR was.exited_on > %(then)s)
WHERE now.superseded_at IS NULL AND now.exited_on IS NULL AND now.member_id <> ALL(%(without)s::bigint[])
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class MovementRow:
    """Members who were in one stage then (`key` empty: not seen yet), by their stage now."""

    key: str
    label: str
    cells: tuple[int, ...]  # by stage, in order
    stayed: int

    @property
    def total(self) -> int:
        return sum(self.cells)

    @property
    def moved(self) -> int:
        return self.total - self.stayed


@dataclass(frozen=True)
class Movement:
    """Each member counts once: rows sum to the stages then, columns to the stages now."""

    since: date
    rows: Sequence[MovementRow]

    @property
    def totals(self) -> list[int]:
        return [sum(column) for column in zip(*(row.cells for row in self.rows), strict=True)]

    @property
    def members(self) -> int:
        return sum(row.total for row in self.rows)

    @property
    def moved(self) -> int:
        return sum(row.moved for row in self.rows)


# The stage then, the stage now, and how many members.
Counts = Sequence[tuple[str, str, int]]


def movement(days: int = 30, counts: Counts | None = None) -> Movement:
    """Return the stages at the end of the day `days` ago against those of today, from `count_movement`."""
    counts = count_movement(days) if counts is None else counts
    found = {(was, now): members for was, now, members in counts}
    rows = []
    for was, label in [(NEW, "Not here yet"), *((stage.value, str(stage.label)) for stage in Stage)]:
        cells = tuple(found.get((was, stage.value), 0) for stage in Stage)
        rows.append(MovementRow(was, label, cells, found.get((was, was), 0)))
    return Movement(_then(days), rows)


def count_movement(days: int = 30) -> Counts:
    """Count the members by their stage then and now. Two queries."""
    without = list(out_of_reach(timezone.now()).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENT, {"then": _then(days), "without": without})
        return list(cursor.fetchall())


def _then(days: int) -> date:
    return today() - timedelta(days=days)
