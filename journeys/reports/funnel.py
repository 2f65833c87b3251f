"""The stage funnel of a cohort: how many reached each stage, and how many still can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from community.moderation.active_sanctions import out_of_reach
from journeys.models import Stage
from journeys.services.shards import today

# Reaching a later stage counts as reaching the earlier ones.
_FUNNEL = """
WITH lives AS (
  SELECT member_id, min(effective_on) AS first_on,
    min(effective_on) FILTER (WHERE stage <> 'discovery') AS d2,
    min(effective_on) FILTER (WHERE stage IN ('conversion', 'relationship')) AS d3,
    min(effective_on) FILTER (WHERE stage = 'relationship') AS d4,
    bool_or(stage = 'discovery') AS s1, bool_or(stage = 'engagement') AS s2, bool_or(stage = 'conversion') AS s3
  FROM stage_history WHERE superseded_at IS NULL AND member_id <> ALL(%(without)s::bigint[]) GROUP BY member_id),
cohort AS (
  SELECT *, first_on + %(within)s AS until, first_on + %(within)s > %(today)s AS inside
  FROM lives WHERE first_on >= %(start)s AND first_on <= %(end)s)
SELECT count(*),
  count(*) FILTER (WHERE NOT s1),
  count(*) FILTER (WHERE d2 <= until),
  count(*) FILTER (WHERE d2 <= until AND d3 <= until AND NOT s2),
  count(*) FILTER (WHERE (d2 IS NULL OR d2 > until) AND inside),
  count(*) FILTER (WHERE d3 <= until),
  count(*) FILTER (WHERE d4 <= until AND NOT s3),
  count(*) FILTER (WHERE d2 <= until AND (d3 IS NULL OR d3 > until) AND inside),
  count(*) FILTER (WHERE d4 <= until),
  count(*) FILTER (WHERE d3 <= until AND (d4 IS NULL OR d4 > until) AND inside)
FROM cohort
"""


@dataclass(frozen=True)
class FunnelStep:
    """One stage: how many reached it, or a later one, within the window.

    `skipped` of them were never in this stage itself. Of those who reached the previous step but not this one,
    `open` are still within the window and `lost` are not.
    """

    key: str
    label: str
    reached: int
    skipped: int
    open: int
    lost: int
    of_first: float  # 0 to 1

    @property
    def drawn_open(self) -> int:
        """How many reached the step or still can."""
        return self.reached + self.open


@dataclass(frozen=True)
class Funnel:
    start: date
    end: date
    within: int
    steps: tuple[FunnelStep, ...]

    @property
    def members(self) -> int:
        return self.steps[0].reached


# Of everybody, then of each later stage: see `_FUNNEL`.
Counts = Sequence[int]


def funnel(
    *, start: date | None = None, end: date | None = None, within: int = 180, counts: Counts | None = None
) -> Funnel:
    """Return the funnel of the cohort first seen from `start` to `end` (by default the last 365 days).

    `within` is the window in days: how long a member has to reach a stage after being first seen. `counts` are
    those of `count_funnel`, for the same cohort and window.
    """
    end = end or today()
    start = start or end - timedelta(days=365)
    first, *rest = count_funnel(start, end, within) if counts is None else counts
    by_stage = [(first, rest[0], 0), tuple(rest[1:4]), tuple(rest[4:7]), (rest[7], 0, rest[8])]
    steps: list[FunnelStep] = []
    for stage, (reached, skipped, still_open) in zip(Stage, by_stage, strict=True):
        before = steps[-1].reached if steps else reached
        steps.append(
            FunnelStep(
                key=stage.value,
                label=str(stage.label),
                reached=reached,
                skipped=skipped,
                open=still_open,
                lost=before - reached - still_open,
                of_first=reached / first if first else 0.0,
            )
        )
    return Funnel(start, end, within, tuple(steps))


def count_funnel(start: date, end: date, within: int = 180) -> Counts:
    """Count the cohort and how far it got. Two queries."""
    without = list(out_of_reach(timezone.now()).values_list("pk", flat=True))
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "within": within,
        "today": today(),
        "without": without,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FUNNEL, values)
        return tuple(cursor.fetchone())
