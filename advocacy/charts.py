"""Coordinates of score charts, for the SVG in templates (no style attributes, no scripts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .engine.weights import COMPONENTS
from .labels import COMPONENTS as LABELS
from .labels import is_shown

LINE_WIDTH, LINE_HEIGHT, MARGIN = 320, 72, 6


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a score: its points, and its segment of a bar from 0 to 100."""

    key: str
    name: str
    icon: str
    means: str
    points: Decimal
    most: int
    start: float
    width: float

    @property
    def is_shown(self) -> bool:
        return is_shown(self.points)


def parts_of(points: Mapping[str, str]) -> list[Part]:
    """Return all components in order, laid end to end; negative ones have no width."""
    parts, start = [], 0.0
    for key, component in COMPONENTS.items():
        value = Decimal(points.get(key, "0"))
        width = max(0.0, float(value))
        label = LABELS[key]
        parts.append(
            Part(
                key,
                str(label.name),
                label.icon,
                str(label.means),
                value,
                component.most,
                round(start, 2),
                width,
            )
        )
        start += width
    return parts


@dataclass(frozen=True, slots=True)
class Line:
    """A line chart: `points` for a polyline, and the coordinates of the last one."""

    width: int
    height: int
    points: str
    end: tuple[float, float]


def line_through(scores: Sequence[tuple[date, Decimal]]) -> Line | None:
    """Return the line from the first day to the last; the y axis ends at the highest score, or at 10."""
    if len(scores) < 2:
        return None
    highest = max(10.0, *(float(score) for _, score in scores))
    step = (LINE_WIDTH - 2 * MARGIN) / (len(scores) - 1)
    room = LINE_HEIGHT - 2 * MARGIN
    dots = [
        (round(MARGIN + place * step, 1), round(MARGIN + room * (1 - float(score) / highest), 1))
        for place, (_, score) in enumerate(scores)
    ]
    return Line(LINE_WIDTH, LINE_HEIGHT, " ".join(f"{x},{y}" for x, y in dots), dots[-1])
