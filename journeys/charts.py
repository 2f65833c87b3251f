"""Chart data: JSON for ECharts, and coordinates for the SVG in templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log1p
from typing import Any

from .models import MemberDay, Stage
from .reports.movement import NEW, Movement
from .reports.timeline import Band

WIDTH, BARS = 1000, 60


def sankey(movement: Movement) -> dict[str, list[dict[str, Any]]]:
    """Return the nodes and links of a Sankey chart: stages then on the left, stages now on the right."""
    links: list[dict[str, Any]] = [
        {
            "source": f"then {row.key}",
            "target": f"now {stage.value}",
            "value": n,
            "kind": _kind(row.key, stage.value),
        }
        for row in movement.rows
        for stage, n in zip(Stage, row.cells, strict=True)
        if n
    ]
    used = {str(link[end]) for link in links for end in ("source", "target")}
    nodes: list[dict[str, Any]] = [
        {"name": f"then {row.key}", "label": row.label, "stage": row.key, "total": row.total}
        for row in movement.rows
    ] + [
        {"name": f"now {stage.value}", "label": str(stage.label), "stage": stage.value, "total": total}
        for stage, total in zip(Stage, movement.totals, strict=True)
    ]
    return {"nodes": [node for node in nodes if node["name"] in used], "links": links}


def _kind(was: str, now: str) -> str:
    if was == now:
        return "stayed"
    order = [NEW, *Stage.values]
    return "forward" if order.index(now) > order.index(was) else "back"


@dataclass(frozen=True, slots=True)
class Strip:
    """One stage on a member's timeline; x and width are of `WIDTH`."""

    stage: str
    start: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Activity in one time slice; `top` is measured from the top, out of 100."""

    start: float
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class LifeLine:
    first: date
    last: date
    strips: Sequence[Strip]
    bars: Sequence[Bar]
    bar_width: float


def life_line(bands: Sequence[Band], member_id: int, last: date) -> LifeLine | None:
    """Return a member's stages and activity from the first day to `last`. One query."""
    if not bands:
        return None
    first = bands[0].row.effective_on
    span = max(1, (last - first).days)
    strips = []
    for band in bands:
        start = _x(band.row.effective_on, first, span)
        end = WIDTH if band.is_open else _x(band.row.exited_on or last, first, span)
        # A minimum width, so that a stage entered today is visible.
        width = max(4.0, end - start)
        row = band.row
        title = f"{row.get_stage_display()}, {row.get_sub_stage_display()} from {row.effective_on}"
        strips.append(Strip(row.stage, min(start, WIDTH - 4.0), round(width, 1), title))
    return LifeLine(first, last, strips, _bars(member_id, first, span), round(WIDTH / BARS - 2, 1))


def _bars(member_id: int, first: date, span: int) -> list[Bar]:
    """Return activity over time on a log scale, so that one visit is visible beside a hundred."""
    counts = [0] * BARS
    days = MemberDay.objects.filter(member_id=member_id, day__gte=first).values_list("day", "n")
    for day, n in days:
        counts[min(BARS - 1, (day - first).days * BARS // (span + 1))] += n
    most = log1p(max(counts, default=0)) or 1.0
    heights = [round(96 * log1p(n) / most + 4, 1) if n else 0.0 for n in counts]
    return [
        Bar(round(place * WIDTH / BARS, 1), round(100 - height, 1), height)
        for place, height in enumerate(heights)
        if height
    ]


def _x(day: date, first: date, span: int) -> float:
    return round((day - first) / timedelta(days=1) * WIDTH / span, 1)
