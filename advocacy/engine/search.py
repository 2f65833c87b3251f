"""Find the exact date on which a score changes without new events, by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from .arithmetic import BILLION
from .tally import Points, Tally
from .weights import BANDS, COMPONENTS, LEAVE_BELOW

OVER = 100 * 100 + 1  # hundredths that no score reaches
AHEAD = 365  # days after the last act within which a fall is searched for at once

Possible = Callable[[int, int], bool]


def earliest(first: int, last: int, possible: Possible, guess: int | None = None) -> int | None:
    """Return the earliest day from `first` to `last` on which a condition holds, or None.

    `possible(a, b)` must be true if the condition holds on any day from a to b, and `possible(a, a)` must be
    exact. Without new events the score usually only falls, so bisection finds the day; where a penalty can
    expire, both halves may have to be searched. If the condition holds on the day of a `guess`, the search goes back
    from there in growing steps.
    """
    if guess is not None and possible(guess, guess):
        last, step = guess, 1
        while (before := last - step) >= first and possible(first, before):
            last, step = before, 2 * step
        first = max(first, before + 1)
    if first > last or not possible(first, last):
        return None
    if first == last:
        return first
    middle = (first + last) // 2
    return earliest(first, middle, possible) or earliest(middle + 1, last, possible)


def falls_below(tally: Tally, first: int, last: int, line: int) -> int | None:
    """Return the earliest day from `first` to `last` on which the score is below `line` hundredths, or None.

    If the score can only fall, each line is searched for once, until there are new acts.
    """
    if first > last:
        return None
    if not tally.only_falls:
        return earliest(first, last, below(tally, line))
    until, found = tally.falls.get(line, (tally.last - 1, None))
    if found is None and until < last:
        since, until = until + 1, max(last, tally.last + AHEAD)
        guess = _guess(tally.good_sums(since), until - since, line)
        found = earliest(since, until, below(tally, line), None if guess is None else since + guess)
        tally.falls[line] = until, found
    day = None if found is None else max(found, first)
    return day if day is not None and day <= last else None


def _guess(sums: Mapping[str, int], most: int, line: int) -> int | None:
    """Return after how many days, at most `most`, the score with these sums is probably under `line` hundredths."""
    parts = [(COMPONENTS[key], x / BILLION) for key, x in sums.items()]

    def is_below(days: int) -> bool:
        powers = ((part.most, x / part.half_at * 0.5 ** (days / part.half_life)) for part, x in parts)
        points: float = sum(most * (1 - 0.5**power) for most, power in powers)
        return 100 * points < line - 0.5

    days = bisect_left(range(most + 1), True, key=is_below)
    return days if days <= most else None


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


def leaves_band(tally: Tally, points: Points, first: int, last: int) -> int | None:
    """Return the earliest day from `first` to `last` on which the score is not in the band of `points`, or None."""
    lower, upper = band_limits(points.hundredths)
    if tally.only_falls:
        return falls_below(tally, first, last, lower) if lower else None
    tests = [below(tally, lower)] if lower else []
    return earliest(first, last, any_of(*tests, reaching(tally, upper)))
