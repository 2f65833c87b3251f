"""Find the exact date on which a score changes without new events, by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import ceil, log2

from .tally import Points, Tally
from .weights import BANDS, ENTER_AT, LEAVE_BELOW

OVER = 100 * 100 + 1  # hundredths that no score reaches
_HALF_LIFE = 90.0  # days; the first guess
_GUESSES = 6
_FASTER = 5  # how much longer than the step before a step may be
_SAME = 1e-9

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


def falls_below(tally: Tally, first: int, last: int, line: int) -> int | None:
    """Return the earliest day from `first` to `last` on which the score is below `line` hundredths, or None."""
    if not tally.only_falls:
        return earliest(first, last, below(tally, line))
    low, high = first, last + 1  # the day, or `high` if none is below
    # Guesses are soon right, as a score about halves in equal times; if one was not, as at a horizon, it is bisected.
    guess, half_life, known = first, _HALF_LIFE, (first, 0.0)
    for _ in range(_GUESSES):
        if low >= high:
            break
        margin = tally.margin(line, guess)
        halvings = log2(1 + 100 * margin / line)  # until it is at the line
        if guess != known[0] and abs(known[1] - halvings) > _SAME:
            half_life = (guess - known[0]) / (known[1] - halvings)
        step = min(ceil(halvings * half_life), _FASTER * (guess - known[0]) or last)
        if margin < 0:
            high = guess
        else:
            low, known = guess + 1, (guess, halvings)
        guess = min(max(guess + step, low), high - 1)
    day = bisect_left(range(high), True, low, key=lambda day: tally.is_below(line, day))
    return day if day <= last else None


def below(tally: Tally, line: int) -> Possible:
    """A score under `line` hundredths."""
    return lambda a, b: tally.is_below(line, b, a)


def reaching(tally: Tally, line: int) -> Possible:
    """A score of at least `line` hundredths."""
    return lambda a, b: not tally.is_below(line, a, b)


def entering(tally: Tally) -> Possible:
    return lambda a, b: not tally.is_below(ENTER_AT * 100, a, b) and tally.points(a, b).enters


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


def leaves_band(tally: Tally, points: Points, first: int, last: int) -> int | None:
    """Return the earliest day from `first` to `last` on which the score is not in the band of `points`, or None."""
    lower, upper = band_limits(points.hundredths)
    if tally.only_falls:
        return falls_below(tally, first, last, lower) if lower else None
    tests = [below(tally, lower)] if lower else []
    return earliest(first, last, any_of(*tests, reaching(tally, upper)))
