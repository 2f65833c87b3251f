"""Tell on which days a score cannot have left a range, so that most days of an active member need no look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from journeys.engine.facts import Fact

from .arithmetic import BILLION, hundredths, saturated
from .search import below, earliest
from .tally import Tally
from .weights import COMPONENTS, KINDS, NPS, STRIKE

AHEAD = 365  # days for which a look says when the score could fall out of the range
HIGHEST = 100 * 100  # hundredths
_MILLI = 10**6  # billionths


class Watch:
    """The range that a score was in when it was last looked at, and what has been added since.

    Acts never lower a score, apart from strikes and answers of detractors, and add at most their own weight.
    """

    def __init__(self) -> None:
        self.high = 0  # hundredths, exclusive
        self.safe_until = 0  # the first day on which the score could be too low without new acts
        self.sums: defaultdict[str, int] = defaultdict(int)

    def look(self, tally: Tally, day: int, *, low: int, high: int) -> None:
        """Note that the score was looked at until `day`, after which it is in this range."""
        self.high = high
        falls = earliest(day + 1, day + AHEAD, below(tally, low)) if low else None
        self.safe_until = falls or (day + AHEAD + 1 if low else date.max.toordinal())
        self.sums.clear()
        for component in tally.sums:
            self.sums[component] = max(tally.sum_of(component, day), 0)

    def may_leave(self, tally: Tally, last: int, added: Sequence[Fact]) -> bool:
        """Return False if the score surely stays in the range until `last` after these facts were added."""
        if last >= self.safe_until or any(fact.kind in (STRIKE, NPS) for fact in added):
            return True
        return self.high <= HIGHEST and self._most(tally, last, added) >= self.high

    def _most(self, tally: Tally, last: int, added: Iterable[Fact]) -> int:
        """Return hundredths that the score cannot exceed."""
        for fact in added:
            component, milli, a_day = KINDS[fact.kind]
            self.sums[component] += min(fact.n, a_day) * milli * _MILLI
        most = sum(saturated(x, COMPONENTS[key]) for key, x in self.sums.items())
        return hundredths(most - tally.penalty(last) * BILLION)
