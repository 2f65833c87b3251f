"""Bound a score, so that days on which it cannot have left its range are skipped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from journeys.engine.facts import Fact

from .arithmetic import BILLION, hundredths, saturated
from .search import OVER, below, earliest
from .tally import Tally
from .weights import COMPONENTS, KINDS, NPS, STRIKE

AHEAD = 365  # days for which `reset` finds out when the score could fall out of the range
_MILLI = 10**6  # billionths


class ScoreBound:
    """The range that a score was in when it was last computed, and what has been added since.

    Acts never lower a score, apart from strikes and answers of detractors, and add at most their own weight.
    """

    def __init__(self) -> None:
        self.low = -1  # hundredths; -1 to find `safe_until` anew
        self.high = 0  # hundredths, exclusive
        self.safe_until = 0  # the first day on which the score could be too low without new acts
        self.sums: defaultdict[str, int] = defaultdict(int)

    def reset(self, tally: Tally, day: int, *, low: int, high: int) -> None:
        """Note that the score was computed until `day`, and is in this range from then on."""
        self.high = high
        # More acts can only let it fall later, so the day found before stays safe.
        if low != self.low or day >= self.safe_until:
            falls = earliest(day + 1, day + AHEAD, below(tally, low)) if low else None
            self.safe_until = falls or (day + AHEAD + 1 if low else date.max.toordinal())
            self.low = low
        self.sums.clear()
        for component in tally.sums:
            self.sums[component] = max(tally.sum_of(component, day), 0)

    def add(self, tally: Tally, last: int, added: Sequence[Fact]) -> bool:
        """Add these facts; return whether the score may leave the range by `last`."""
        if any(fact.kind in (STRIKE, NPS) for fact in added):
            self.low = -1
            return True
        if last >= self.safe_until:
            return True
        return self.high < OVER and self._most(tally, last, added) >= self.high

    def _most(self, tally: Tally, last: int, added: Iterable[Fact]) -> int:
        """Return an upper bound of the score, in hundredths."""
        for fact in added:
            component, milli, a_day = KINDS[fact.kind]
            self.sums[component] += min(fact.n, a_day) * milli * _MILLI
        most = sum(saturated(x, COMPONENTS[key]) for key, x in self.sums.items())
        return hundredths(most - tally.penalty(last) * BILLION)
