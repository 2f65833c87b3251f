"""Which acts count: no self-dealing, at most three of a kind per partner and quarter, and a daily cap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from journeys.engine.facts import Fact

from .weights import KINDS, PAIR_MOST, REFERRALS, VOTES

SELF, STAFF, ACCOUNT, PAIR, DAY = "self", "staff", "account", "pair", "day"


@dataclass(frozen=True, slots=True)
class Peers:
    """Facts about the partners (counterparts) of the acts."""

    staff: frozenset[int] = frozenset()
    # By member id: the companies that they joined and the days from which they belonged to them, in order.
    companies: Mapping[int, Sequence[tuple[date, int]]] = field(default_factory=dict)

    def company_of(self, member_id: int, day: date) -> int | None:
        """Return the member's company on a day."""
        joined = [company for since, company in self.companies.get(member_id, ()) if since <= day]
        return joined[-1] if joined else None


NO_PEERS = Peers()


@dataclass(slots=True)
class Day:
    """The admitted acts of one kind on one day: per partner, and those without a partner (`alone`)."""

    pairs: dict[int, int] = field(default_factory=dict)
    alone: int = 0

    @property
    def n(self) -> int:
        return self.alone + sum(self.pairs.values())


def admit(fact: Fact, member_id: int, peers: Peers) -> tuple[Day, Counter[str]]:
    """Return the acts that are not self-dealing, and the number dropped by reason."""
    dropped: Counter[str] = Counter()
    day = Day()
    for key, n in (fact.pairs or {}).items():
        partner = int(key)
        reason = _refused(fact, member_id, partner, peers)
        if reason:
            dropped[reason] += n
        else:
            day.pairs[partner] = n
    day.alone = fact.n - sum((fact.pairs or {}).values())
    return day, dropped


def _refused(fact: Fact, member_id: int, partner: int, peers: Peers) -> str:
    if partner == member_id:
        return SELF
    if fact.kind in VOTES and partner in peers.staff:
        return STAFF
    if fact.kind in REFERRALS:
        company = peers.company_of(member_id, fact.day)
        if company is not None and company == peers.company_of(partner, fact.day):
            return ACCOUNT
    return ""


def count_quarter(kind: str, days: Mapping[int, Day]) -> tuple[dict[int, int], Counter[str]]:
    """Return how many acts of one kind count on each day of a quarter, and the number capped by reason.

    The latest three acts per partner count (with the earliest three, a good act could lower the score), and per
    day as many as the kind's daily cap. An act beyond the daily cap does not use up the partner's three:
    otherwise a good act on a full day would displace an older one and lower the score.
    """
    a_day = KINDS[kind].a_day
    kept = _latest(days)
    over_pair = sum(day.n for day in days.values()) - sum(kept.values())
    if over_pair and any(n > a_day for n in kept.values()):
        kept = _best(days, a_day)
        over_pair = sum(min(day.n, a_day) for day in days.values()) - sum(kept.values())
    counted = {day: min(n, a_day) for day, n in kept.items()}
    over_day = sum(day.n for day in days.values()) - sum(counted.values()) - over_pair
    return counted, Counter({why: n for why, n in ((PAIR, over_pair), (DAY, over_day)) if n > 0})


def _latest(days: Mapping[int, Day]) -> dict[int, int]:
    used: Counter[int] = Counter()
    kept = {}
    for day in sorted(days, reverse=True):
        kept[day] = days[day].alone
        for partner, n in days[day].pairs.items():
            take = min(n, PAIR_MOST - used[partner])
            used[partner] += take
            kept[day] += take
    return kept


def _best(days: Mapping[int, Day], a_day: int) -> dict[int, int]:
    """Fill the days, latest first, up to the daily cap within each partner's limit of three.

    A bipartite matching with augmenting paths. Greedy by day gives the maximum weight, because an act's value
    depends on its day alone (days form a transversal matroid).
    """
    taken: dict[int, Counter[int]] = {day: Counter() for day in days}
    load: Counter[int] = Counter()

    def augment(day: int, seen: set[int]) -> bool:
        for partner, n in days[day].pairs.items():
            if partner in seen or taken[day][partner] >= n:
                continue
            seen.add(partner)
            if load[partner] < PAIR_MOST:
                load[partner] += 1
            elif not any(_hand_over(other, partner, seen) for other in taken if other != day):
                continue
            taken[day][partner] += 1
            return True
        return False

    def _hand_over(day: int, partner: int, seen: set[int]) -> bool:
        if not taken[day][partner] or not augment(day, seen):
            return False
        taken[day][partner] -= 1
        return True

    kept = {}
    for day in sorted(days, reverse=True):
        kept[day] = min(days[day].alone, a_day)
        while kept[day] < a_day and augment(day, set()):
            kept[day] += 1
    return kept


def quarter_of(day: date) -> int:
    """Return the number of the day's quarter; consecutive quarters have consecutive numbers."""
    return day.year * 4 + (day.month - 1) // 3


def partners_of(facts: Iterable[Fact], kinds: Collection[str]) -> set[int]:
    """Return the ids of the counterparts in acts of these kinds."""
    return {int(key) for fact in facts if fact.kind in kinds for key in fact.pairs or ()}
