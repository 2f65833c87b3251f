"""Bound a score, so that days on which it cannot have left its range are skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from math import inf

from journeys.engine.facts import Fact

from .search import falls_below
from .tally import Tally, nps_of
from .weights import COMPONENTS, KINDS, NPS, STRIKE

_ROUNDING = 10**-6  # of the weight of an act: more than rounding can add to it while it decays
_AHEAD = 365  # days after the last act within which a fall is searched for at once


class ScoreBound:
    """The range that a score was in when it was last computed, and an upper bound of what it is now.

    Acts never lower a score, apart from strikes and answers of detractors, and add at most their own weight. The
    bound is computed with floats, and is higher than anything that their rounding could hide.
    """

    def __init__(self) -> None:
        self.low = -1  # hundredths; -1 to find `safe_until` anew
        self.high = 0  # hundredths, exclusive
        self.safe_until = 0  # the first day on which the score could be too low without new acts
        self.day = 0
        self.most = 0.0  # the upper bound from `day` until the next act, in hundredths
        self._waiting: list[tuple[int, Sequence[Fact]]] = []  # days that are not in the bound yet
        self._sums: dict[str, float] = {}  # decayed to `day`
        self._weight = 0.0  # of all acts, without decay

    def start(self, *, high: int) -> None:
        """Note that the score is 0 before the first act."""
        self.low, self.high, self.safe_until = 0, high, date.max.toordinal()

    def reset(self, tally: Tally, day: int, *, low: int, high: int) -> None:
        """Note that the score was computed until `day`, and is in this range from then on."""
        self.high = high
        self._add_waiting()
        # More acts can only let it fall later, so the day found before stays safe.
        if low != self.low or day >= self.safe_until:
            searched = tally.last + _AHEAD
            falls = falls_below(tally, day + 1, searched, low) if low else None
            self.safe_until = falls or (searched + 1 if low else date.max.toordinal())
            self.low = low
        self.day, self._sums = tally.last, tally.most_of(tally.last)

    def add(self, day: int, last: int, added: Sequence[Fact], most: float = inf) -> bool:
        """Add the facts of a day; return whether the score may leave the range until `last`.

        `most` is another upper bound. Where it suffices, this one is not computed.
        """
        self._waiting.append((day, added))
        if self.low and any(fact.kind in (STRIKE, NPS) for fact in added):
            self.low = -1
            return True
        if last >= self.safe_until:
            return True
        if most < self.high:
            return False
        self._add_waiting()
        return self.most >= self.high

    def may_fall(self, last: int) -> bool:
        """Return whether the score may be too low by `last`."""
        return self.low < 0 or last >= self.safe_until

    def _add_waiting(self) -> None:
        for day, added in self._waiting:
            self.add_acts(day, added)
        self._waiting.clear()

    def add_acts(self, day: int, added: Iterable[Fact]) -> None:
        """Add the facts of a day to the bound, as if all of them counted, but answers only of promoters."""
        sums = self._sums
        for key in sums:
            sums[key] *= 0.5 ** ((day - self.day) / COMPONENTS[key].half_life)
        self.day = day
        for fact in added:
            if fact.kind in KINDS:
                component, milli, a_day = KINDS[fact.kind]
                counted = nps_of(fact) if fact.kind == NPS else min(fact.n, a_day)
                weight = max(counted, 0) * milli / 1000
                self._weight += weight
                sums[component] = sums.get(component, 0.0) + weight
        spare = self._weight * _ROUNDING
        points = 0.0
        for key, x in sums.items():
            most, half_at, _ = COMPONENTS[key]
            points += most * (1 - 0.5 ** ((x + spare) / half_at))
        self.most = 100 * points + 1


def bounds_of(days: Iterable[tuple[date, Sequence[Fact]]]) -> Iterator[float]:
    """Yield an upper bound of the score from each of these days until the next one, in hundredths."""
    bound = ScoreBound()
    for day, of_day in days:
        bound.add_acts(day.toordinal(), of_day)
        yield bound.most


def most_without_decay(days: Iterable[tuple[date, Sequence[Fact]]]) -> float:
    """Return an upper bound of the score on any day, in hundredths: cheaper than the highest of `bounds_of`."""
    bound = ScoreBound()
    bound.add_acts(0, [fact for _, of_day in days for fact in of_day])
    return bound.most
