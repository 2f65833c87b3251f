"""What each act gives today."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from .arithmetic import decay_table
from .tally import Tally
from .weights import COMPONENTS, KINDS

_ID_BYTES = 16


class Contribution(NamedTuple):
    """The acts of one kind on one day that count, and their share of their component's points today."""

    kind: str
    day: int
    n: int  # counted, of `of`
    of: int
    each: int  # billionths of a point
    event_ids: tuple[UUID, ...]


def contributions(tally: Tally, day: int) -> list[Contribution]:
    """Return what gives anything on `day`, the most valuable single acts first.

    A component's points belong to its acts in proportion to their decayed weights, so the values of all
    acts add up to the component. Acts of equal value are ordered by day, the latest first.
    """
    points = tally.points(day).components
    found = []
    for kind, row in tally.counted.items():
        component = COMPONENTS[KINDS[kind].component]
        table = decay_table(component.half_life)
        total = tally.sum_of(KINDS[kind].component, day)
        for then, n in row.items():
            age = day - then
            if n <= 0 or age >= len(table) or total <= 0:
                continue
            each = points[KINDS[kind].component] * KINDS[kind].milli * table[age] // total
            fact = tally.facts[kind, then]
            found.append(Contribution(kind, then, n, fact.n, each, _uuids(fact.ids)))
    return sorted(found, key=lambda act: (-act.each, -act.day, act.kind))


def _uuids(ids: bytes) -> tuple[UUID, ...]:
    return tuple(UUID(bytes=ids[at : at + _ID_BYTES]) for at in range(0, len(ids), _ID_BYTES))
