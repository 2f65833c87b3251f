"""The points that each act contributes on a day."""

from __future__ import annotations

from heapq import nsmallest
from itertools import islice, takewhile
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


def contributions(tally: Tally, day: int, *, most: int | None = None) -> list[Contribution]:
    """Return the acts that contribute points on `day`, the most valuable first; ties by day, latest first.

    A component's points are split among its acts in proportion to their decayed weights, so the values of all
    acts add up to the component. Only the first `most` are returned, by default all.
    """
    points = tally.points(day).components
    found: list[tuple[int, int, str]] = []  # in the order of the result
    for kind, row in tally.counted.items():
        component, milli, _ = KINDS[kind]
        table = decay_table(COMPONENTS[component].half_life)
        total = tally.sum_of(component, day)
        if total <= 0:
            continue
        worth, oldest = points[component] * milli, day - len(table)
        # The older an act, the less it contributes, so only the latest ones of each kind can be among the first.
        days = islice((then for then in reversed(row) if row[then] > 0), most)
        latest = takewhile(oldest.__lt__, days)
        found += [(-(worth * table[day - then] // total), -then, kind) for then in latest]
    first = sorted(found) if most is None else nsmallest(most, found)
    return [_contribution(tally, -each, -then, kind) for each, then, kind in first]


def _contribution(tally: Tally, each: int, day: int, kind: str) -> Contribution:
    n, ids = tally.acts[kind, day]
    return Contribution(kind, day, tally.counted[kind][day], n, each, ids)
