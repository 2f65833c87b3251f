"""The points that each act contributes on a day."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from .arithmetic import decay_table
from .tally import Tally
from .weights import COMPONENTS, KINDS

_ID_BYTES = 16


class Contribution(NamedTuple):
    """The counted acts of one kind on one day, and their share of their component's points."""

    kind: str
    day: int
    n: int  # acts counted
    of: int  # acts in all
    each: int  # billionths of a point per act
    ids: bytes  # 16 per event

    @property
    def event_ids(self) -> tuple[UUID, ...]:
        return tuple(UUID(bytes=self.ids[at : at + _ID_BYTES]) for at in range(0, len(self.ids), _ID_BYTES))


def contributions(tally: Tally, day: int) -> list[Contribution]:
    """Return the acts that contribute points on `day`, the most valuable first; ties by day, latest first.

    A component's points are split among its acts in proportion to their decayed weights, so the values of all
    acts add up to the component.
    """
    points = tally.points(day).components
    found = []
    for kind, row in tally.counted.items():
        component = COMPONENTS[KINDS[kind].component]
        table = decay_table(component.half_life)
        total = tally.sum_of(KINDS[kind].component, day)
        worth = points[KINDS[kind].component] * KINDS[kind].milli
        for then, n in row.items():
            age = day - then
            if n <= 0 or age >= len(table) or total <= 0:
                continue
            each = worth * table[age] // total
            fact = tally.facts[kind, then]
            found.append(Contribution(kind, then, n, fact.n, each, fact.ids))
    return sorted(found, key=lambda act: (-act.each, -act.day, act.kind))
