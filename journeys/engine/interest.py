"""Interest before a purchase: the sliding windows behind rules E1, E2 and E3."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import date

from . import sentences as say
from .facts import Fact
from .history import Reason, make_reason
from .ruleset import MILLI, Ruleset


class Interest:
    """Engagement points and buying-intent reads within their windows."""

    def __init__(self, rules: Ruleset) -> None:
        self.rules = rules
        self.points: deque[tuple[date, int, list[Fact]]] = deque()
        self.reads: deque[Fact] = deque()

    def collect(self, day: date, facts: Sequence[Fact]) -> None:
        """Add a day and drop the days that have left the windows."""
        while self.points and (day - self.points[0][0]).days >= self.rules.E2.days:
            self.points.popleft()
        while self.reads and (day - self.reads[0].day).days >= self.rules.E3.reads_days:
            self.reads.popleft()
        worth, caps, reads = self.rules.milli_points, self.rules.day_caps, self.rules.E3.reads
        counted, milli = [], 0
        for fact in facts:
            kind, n = fact.kind, fact.n
            if kind in worth:
                milli += worth[kind] * (min(n, caps[kind]) if kind in caps else n)
                counted.append(fact)
            if kind in reads:
                self.reads.append(fact)
        if counted:
            self.points.append((day, milli, counted))

    def clear(self) -> None:
        self.points.clear()
        self.reads.clear()

    def evaluating(self, facts: Sequence[Fact]) -> Reason | None:
        """Return the reason if the member is considering a purchase (rule E3)."""
        rule = self.rules.E3
        kinds = rule.kinds
        asked = [fact for fact in facts if fact.kind in kinds]
        if asked:
            return make_reason("E3", asked, {"kind": asked[0].kind}, say.evaluating)
        if not self.reads:
            return None
        reads = sum(fact.n for fact in self.reads)
        if reads >= rule.reads_needed:
            return make_reason("E3", self.reads, {"reads": reads, "days": rule.reads_days}, say.evaluating)
        return None

    def exploring(self, facts: Sequence[Fact]) -> Reason | None:
        """Return the reason if the member is interested (rules E1 and E2)."""
        kinds = self.rules.E1.kinds
        contributed = [fact for fact in facts if fact.kind in kinds]
        if contributed:
            return make_reason("E1", contributed, {"kind": contributed[0].kind}, say.contributed)
        milli = sum([of_day for _, of_day, _ in self.points])
        if milli < self.rules.milli_needed:
            return None
        worth = self.rules.milli_points
        heaviest = sorted((f for _, _, of_day in self.points for f in of_day), key=lambda f: -worth[f.kind])
        numbers = {
            "points": milli / MILLI,
            "days": self.rules.E2.days,
            "active_days": len(self.points),
            "needed": self.rules.E2.points,
        }
        return make_reason("E2", heaviest, numbers, say.showed_interest)
