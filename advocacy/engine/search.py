"""Find the exact date on which a score changes without new events, by bisection."""

from __future__ import annotations

from collections.abc import Callable

from .tally import Points, Tally
from .weights import BANDS, LEAVE_BELOW

OVER = 100 * 100 + 1  # hundredths that no score reaches

Possible = Callable[[int, int], bool]


def earliest(first: int, last: int, possible: Possible) -> int | None:
    """Return the earliest day from `first` to `last` on which a condition holds, or None.

    `possible(a, b)` must be true if the condition holds on any day from a to b, and `possible(a, a)` must be
    exact. Without new events the score usually only falls, so bisection finds the day; where a penalty can
    expire, both halves may have to be searched.
    """
    if first > last or not possible(first, last):
        return None
    if first == last:
        return first
    middle = (first + last) // 2
    return earliest(first, middle, possible) or earliest(middle + 1, last, possible)


def below(tally: Tally, line: int) -> Possible:
    """A score under `line` hundredths."""
    return lambda a, b: tally.points(b, a).hundredths < line


def reaching(tally: Tally, line: int) -> Possible:
    """A score of at least `line` hundredths."""
    return lambda a, b: tally.points(a, b).hundredths >= line


def entering(tally: Tally) -> Possible:
    return lambda a, b: tally.points(a, b).enters


def leaving(tally: Tally) -> Possible:
    return below(tally, LEAVE_BELOW * 100)


def any_of(*tests: Possible) -> Possible:
    return lambda a, b: any(test(a, b) for test in tests)


def band_of(hundredths: int) -> str:
    return max((band for band, floor in BANDS.items() if hundredths >= floor * 100), key=BANDS.__getitem__)


def band_limits(hundredths: int) -> tuple[int, int]:
    """Return the lowest score of the current band and of the next one, in hundredths."""
    floors = [floor * 100 for floor in BANDS.values()]
    lower = max(floor for floor in floors if floor <= hundredths)
    return lower, min((floor for floor in floors if floor > hundredths), default=OVER)


def leaves_band(tally: Tally, points: Points) -> Possible:
    lower, upper = band_limits(points.hundredths)
    tests = [below(tally, lower)] if lower else []
    if not tally.only_falls:
        tests.append(reaching(tally, upper))
    return any_of(*tests)
