"""Which acts count: no self-dealing, at most three of a kind per partner and quarter, and a daily cap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

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
        for since, company in reversed(self.companies.get(member_id, ())):
            if since <= day:
                return company
        return None


NO_PEERS = Peers()


class Day(NamedTuple):
    """The admitted acts of one kind on one day: per partner (id as text), and those without one (`alone`)."""

    pairs: Mapping[str, int] = MappingProxyType({})
    alone: int = 0

    @property
    def n(self) -> int:
        return self.alone + sum(self.pairs.values())


def admit(fact: Fact, member_id: int, peers: Peers) -> tuple[Day, Mapping[str, int]]:
    """Return the acts that are not self-dealing, and the number dropped by reason."""
    pairs = fact.pairs or {}
    alone = fact.n - sum(pairs.values())
    if not _may_refuse(fact.kind, pairs, member_id, peers):
        return Day(pairs, alone), {}
    refused = {key: why for key in pairs if (why := _refused(fact, member_id, int(key), peers))}
    dropped: Counter[str] = Counter()
    for key, why in refused.items():
        dropped[why] += pairs[key]
    return Day({key: n for key, n in pairs.items() if key not in refused}, alone), dropped


def _may_refuse(kind: str, pairs: Mapping[str, int], member_id: int, peers: Peers) -> bool:
    """Return whether any partner may be refused: a cheap check, because hardly any are."""
    return (
        kind in REFERRALS
        or str(member_id) in pairs
        or (kind in VOTES and not peers.staff.isdisjoint(map(int, pairs)))
    )


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


def count_quarter(kind: str, days: Mapping[int, Day]) -> tuple[dict[int, int], dict[str, int]]:
    """Return how many acts of one kind count on each day of a quarter, and the number capped by reason.

    The latest three acts per partner count (with the earliest three, a good act could lower the score), and per
    day as many as the kind's daily cap. An act beyond the daily cap does not use up the partner's three:
    otherwise a good act on a full day would displace an older one and lower the score.
    """
    a_day = KINDS[kind].a_day
    acts = {day: found.n for day, found in days.items()}
    kept = _latest(days)
    over_pair = sum(acts.values()) - sum(kept.values())
    if over_pair and any(n > a_day for n in kept.values()):
        kept = _best(days, a_day)
        over_pair = sum(min(n, a_day) for n in acts.values()) - sum(kept.values())
    counted = {day: n if n < a_day else a_day for day, n in kept.items()}
    over_day = sum(acts.values()) - sum(counted.values()) - over_pair
    return counted, {why: n for why, n in ((PAIR, over_pair), (DAY, over_day)) if n > 0}


def _latest(days: Mapping[int, Day]) -> dict[int, int]:
    room: dict[str, int] = {}
    kept = {}
    for day in sorted(days, reverse=True):
        pairs, total = days[day]
        for partner, n in pairs.items():
            left = room.get(partner, PAIR_MOST)
            if left:
                take = n if n < left else left
                room[partner] = left - take
                total += take
        kept[day] = total
    return kept


def _best(days: Mapping[int, Day], a_day: int) -> dict[int, int]:
    """Fill the days, latest first, up to the daily cap within each partner's limit of three.

    Greedy by day gives the maximum weight, because an act's value depends on its day alone (days form a
    transversal matroid).
    """
    matching = _Matching(days)
    kept = {}
    for day in sorted(days, reverse=True):
        kept[day] = min(days[day].alone, a_day)
        kept[day] += matching.fill(day, a_day - kept[day])
        while kept[day] < a_day and matching.add(day):
            kept[day] += 1
    return kept


class _Matching:
    """Acts matched to their partners' places. Each act is added along a shortest augmenting path."""

    def __init__(self, days: Mapping[int, Day]) -> None:
        self.days = days
        self.held: defaultdict[str, list[int]] = defaultdict(list)  # the days of the acts, at most three
        # Partners reached by a failed search; no later search can free a place through them.
        self.spent: set[str] = set()

    def fill(self, day: int, room: int) -> int:
        """Take free places for at most `room` acts of a day; return how many."""
        before = room
        for partner, n in self.days[day].pairs.items():
            held = self.held[partner]
            take = min(n, PAIR_MOST - len(held), room)
            held += [day] * take
            room -= take
        return before - room

    def add(self, start: int) -> bool:
        """Find a place for one more act of a day; acts of other days may move to other partners."""
        taker: dict[str, int] = {}  # partner -> the day that would take a place
        gives: dict[int, str] = {}  # day -> the partner whose place it would give up
        queue = [start]
        for day in queue:
            for partner, n in self.days[day].pairs.items():
                if partner in self.spent or partner in taker or self.held[partner].count(day) >= n:
                    continue
                taker[partner] = day
                if len(self.held[partner]) < PAIR_MOST:
                    self._move(partner, start, taker, gives)
                    return True
                for other in self.held[partner]:
                    if other != start and other not in gives:
                        gives[other] = partner
                        queue.append(other)
        self.spent.update(taker)
        return False

    def _move(self, partner: str, start: int, taker: Mapping[str, int], gives: Mapping[int, str]) -> None:
        day = taker[partner]
        self.held[partner].append(day)
        while day != start:
            partner = gives[day]
            self.held[partner].remove(day)
            day = taker[partner]
            self.held[partner].append(day)


def quarter_of(day: date) -> int:
    """Return the number of the day's quarter; consecutive quarters have consecutive numbers."""
    return day.year * 4 + (day.month - 1) // 3


def partners_of(facts: Iterable[Fact], kinds: Collection[str]) -> set[int]:
    """Return the ids of the counterparts in acts of these kinds."""
    return {int(key) for fact in facts if fact.kind in kinds for key in fact.pairs or ()}
