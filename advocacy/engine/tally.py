"""The running tally of a member's acts that count."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter, mul
from typing import Any, NamedTuple

from journeys.engine.facts import EVIDENCE_MOST, Fact

from .arithmetic import BILLION, decay_table, hundredths, saturated
from .caps import DAY, Day, Peers, admit, count_quarter, quarter_of
from .weights import (
    BROAD_COMPONENTS,
    BROAD_POINTS,
    COMPONENTS,
    DETRACTOR_TO,
    ENTER_AT,
    HELPER_ROLE,
    HORIZON_HALF_LIVES,
    KINDS,
    NPS,
    PAIR_MOST,
    PEER_REPLY,
    PROMOTER_FROM,
    STRIKE,
    STRIKE_DAYS,
    STRIKE_POINTS,
)

_SCORED = frozenset(KINDS) | {STRIKE}

_FLOATS = 1e-9  # the rounding of floats, as a share of the largest of them; in truth a thousand times smaller
_ROUNDED = 0.51e-9  # the rounding of decay tables, per thousandth of a weight


class Points(NamedTuple):
    """A score: the total in hundredths of a point, and billionths per component."""

    hundredths: int
    components: Mapping[str, int]

    @property
    def enters(self) -> bool:
        """Whether this score makes a member an advocate who is not one yet (rule R6)."""
        broad = sum(points >= BROAD_POINTS * BILLION for points in self.components.values())
        return self.hundredths >= ENTER_AT * 100 and broad >= BROAD_COMPONENTS


class _Weights:
    """The days that have weight, in order, and their weights in thousandths."""

    __slots__ = ("_grown", "_since", "_totals", "days", "half_life", "milli")

    def __init__(self, component: str) -> None:
        self.half_life = COMPONENTS[component].half_life
        self.days: list[int] = []
        self.milli: list[int] = []
        # Running sums of the days before each: of the weights as they were before they decayed since the day `_since`,
        # and of the weights. Those that are missing are added when they are needed.
        self._since = 0
        self._grown = [0.0]
        self._totals = [0]

    def __getstate__(self) -> tuple[Any, ...]:
        # As arrays, since pickle reads the items of lists one by one.
        numbers = array("q", self.days), array("q", self.milli), array("q", self._totals)
        return self.half_life, self._since, *numbers, array("d", self._grown)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.half_life, self._since, *numbers = state
        self.days, self.milli, self._totals, self._grown = map(list, numbers)

    def add(self, day: int, milli: int) -> None:
        """Add to the weight of a day."""
        if not self.days or day > self.days[-1]:
            self.days.append(day)
            self.milli.append(milli)
            return
        place = bisect_left(self.days, day)
        if self.days[place] != day:
            self.days.insert(place, day)
            self.milli.insert(place, 0)
        self.milli[place] += milli
        del self._grown[place + 1 :], self._totals[place + 1 :]

    def forget(self, today: int) -> None:
        """Drop the days beyond the horizon, but not all."""
        self.about(today)  # adds the running sums that are missing
        first = bisect_left(self.days, today - HORIZON_HALF_LIVES * self.half_life, hi=len(self.days) - 1)
        del self.days[:first], self.milli[:first], self._grown[:first], self._totals[:first]

    def sum_on(self, day: int) -> int:
        """Return the sum of the decayed weights, in billionths; those beyond the horizon count as 0."""
        days, milli, table = self.days, self.milli, decay_table(self.half_life)
        if days[0] <= day - len(table):
            first = bisect_left(days, day - len(table) + 1)
            days, milli = days[first:], milli[first:]
        return sum(map(mul, milli, map(table.__getitem__, map(day.__sub__, days))))

    def about(self, day: int) -> tuple[float, float]:
        """Return about the same as `sum_on` divided by a billion, and how far off it may be.

        Takes the same time however many days there are. What is rounded in `sum_on`, to a millionth of each weight, is
        not rounded here.
        """
        days, grown, totals = self.days, self._grown, self._totals
        if len(grown) <= len(days):
            self._since = self._since or days[0]
            for then, milli in zip(days[len(grown) - 1 :], self.milli[len(grown) - 1 :], strict=True):
                grown.append(grown[-1] + milli * 2.0 ** ((then - self._since) / self.half_life))
                totals.append(totals[-1] + milli)
        oldest = day - HORIZON_HALF_LIVES * self.half_life
        first = bisect_left(days, oldest) if days[0] < oldest else 0
        decayed = 2.0 ** ((self._since - day) / self.half_life) / 1000
        off = abs(grown[-1]) * decayed * _FLOATS + abs(totals[-1] - totals[first]) * _ROUNDED
        return (grown[-1] - grown[first]) * decayed, off


class Tally:
    """The acts that count, by kind and day. Days must be added in order."""

    def __init__(self, member_id: int, peers: Peers) -> None:
        self.member_id, self.peers = member_id, peers
        self.acts: dict[tuple[str, int], tuple[int, bytes]] = {}  # number and ids, as in `Fact`
        self.strikes: dict[int, int] = {}
        self.last = 0
        self._counted: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._quarters: defaultdict[tuple[str, int], dict[int, Day]] = defaultdict(dict)
        self._refused: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        self._capped: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        self._beyond: Counter[tuple[str, int]] = Counter()  # acts without a partner beyond the daily cap
        # Quarters in which a partner is over the limit, and those of them with new acts.
        self._partners: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        self._over: set[tuple[str, int]] = set()
        self._unsettled: set[tuple[str, int]] = set()
        # By component: what counts for the score, and detractor answers.
        self._good: dict[str, _Weights] = {}
        self._bad: dict[str, _Weights] = {}
        # Until the next day is added.
        self._cached: dict[tuple[int, int], Points] = {}
        self._sums: dict[tuple[str, int, int], int] = {}

    def forget(self) -> None:
        """Drop what no later day needs: quarters that are over, and acts too old to be among those worth most."""
        today = date.fromordinal(max(self.last, 1))
        quarter, first = quarter_of(today), date(today.year, (today.month - 1) // 3 * 3 + 1, 1).toordinal()
        for kind, row in list(self.counted.items()):
            older = [day for day in row if day < first and row[day] > 0]
            dropped = {day for day in row if day < first} - {*older[-EVIDENCE_MOST:]}
            if kind != NPS:  # answers of detractors matter longer
                self._counted[kind] = {day: n for day, n in row.items() if day not in dropped}
        self.acts = {key: acts for key, acts in self.acts.items() if key[1] in self._counted[key[0]]}
        for groups in (self._quarters, self._partners):
            for group in [group for group in groups if group[1] < quarter]:
                del groups[group]
        self._over = {group for group in self._over if group[1] >= quarter}
        for weights in (*self._good.values(), *self._bad.values()):
            weights.forget(self.last)
        self._cached.clear()
        self._sums.clear()

    def add_day(self, day: date, facts: Iterable[Fact]) -> None:
        """Add the facts of the next day."""
        self._cached.clear()
        self._sums.clear()
        self.last = ordinal = day.toordinal()
        quarter = quarter_of(day)
        for fact in facts:
            kind = fact.kind
            if kind == PEER_REPLY and fact.items is not None:
                fact = _helper_side(fact)
            if kind == STRIKE:
                self.strikes[ordinal] = fact.n
            elif kind == NPS:
                self._add_nps(ordinal, fact)
            else:
                self.acts[kind, ordinal] = fact.n, fact.ids
                if fact.pairs:
                    self._add_paired(ordinal, (kind, quarter), fact)
                    continue
                counted = min(fact.n, KINDS[kind].a_day)
                self._set(kind, ordinal, counted)
                if fact.n > counted:
                    self._beyond[kind, quarter] += fact.n - counted

    def _add_nps(self, ordinal: int, fact: Fact) -> None:
        """Add the day's NPS answer: a promoter counts 1, a detractor -1."""
        counts = nps_of(fact)
        if counts:
            self.acts[NPS, ordinal] = fact.n, fact.ids
            self._set(NPS, ordinal, counts)

    def _add_paired(self, ordinal: int, group: tuple[str, int], fact: Fact) -> None:
        day, refused = admit(fact, self.member_id, self.peers)
        self._counted[group[0]].setdefault(ordinal, 0)
        self._quarters[group][ordinal] = day
        if refused:
            self._refused[group].update(refused)
        partners = self._partners[group]
        for partner, n in day.pairs.items():
            partners[partner] = total = partners.get(partner, 0) + n
            if total > PAIR_MOST:
                self._over.add(group)
        if group in self._over:
            self._unsettled.add(group)
            return
        # As `count_quarter` does when nobody is over the limit: the other days stay as they are.
        acts, counted = day.n if refused else fact.n, KINDS[group[0]].a_day
        if acts > counted:
            capped = self._capped[group]
            capped[DAY] = capped.get(DAY, 0) + acts - counted
            acts = counted
        self._set(group[0], ordinal, acts)

    @property
    def counted(self) -> Mapping[str, Mapping[int, int]]:
        """The number of acts that count, by kind and day, in order; a detractor's NPS answer counts -1."""
        for group in self._unsettled:
            counted, self._capped[group] = count_quarter(group[0], self._quarters[group])
            row = self._counted[group[0]]
            for day, n in counted.items():
                if row.get(day) != n:
                    self._set(group[0], day, n)
        self._unsettled.clear()
        return self._counted

    @property
    def dropped(self) -> Iterator[tuple[str, int, Mapping[str, int]]]:
        """The number of acts that do not count and why, by kind and quarter; several for some quarters."""
        _ = self.counted
        for groups in (self._refused, self._capped):
            for (kind, quarter), reasons in groups.items():
                yield kind, quarter, reasons
        for (kind, quarter), n in self._beyond.items():
            yield kind, quarter, {DAY: n}

    def _set(self, kind: str, day: int, n: int) -> None:
        """Set the count of a day, and update the sum of the component."""
        component, milli, _ = KINDS[kind]
        row = self._counted[kind]
        before = row.get(day, 0)
        if n != before:
            row[day] = n
            weights = self._good if n >= 0 else self._bad
            if component not in weights:
                weights[component] = _Weights(component)
            weights[component].add(day, (n - before) * milli)

    @property
    def only_falls(self) -> bool:
        """Whether the score can only fall with time, because no penalty can expire."""
        return not self.strikes and all(n >= 0 for n in self._counted.get(NPS, {}).values())

    @property
    def has_counted(self) -> bool:
        return bool(self.strikes) or any(n for row in self.counted.values() for n in row.values())

    def sum_of(self, component: str, day: int, penalty_day: int | None = None) -> int:
        """Return the component's sum in billionths; see `points` for `penalty_day`."""
        penalty_day = day if penalty_day is None else penalty_day
        if (found := self._sums.get((component, day, penalty_day))) is None:
            if self._unsettled:
                _ = self.counted
            found = self._good[component].sum_on(day) if component in self._good else 0
            if component in self._bad:
                found += self._bad[component].sum_on(penalty_day)
            self._sums[component, day, penalty_day] = found
        return found

    def most_of(self, day: int) -> dict[str, float]:
        """Return upper bounds of the components' sums without detractor answers, in acts of weight 1."""
        if self._unsettled:
            _ = self.counted
        return {key: sum(row.about(day)) for key, row in self._good.items()}

    def points(self, day: int, penalty_day: int | None = None) -> Points:
        """Return the score on `day`, which must not be before the last day added.

        `penalty_day` is the day on which penalties (detractor answers, strikes) are weighed, by default `day`.
        If no facts are added, no score between two days is above `points(first, last)` or below
        `points(last, first)`.
        """
        penalty_day = day if penalty_day is None or self.only_falls else penalty_day
        found = self._cached.get((day, penalty_day))
        if found is None:
            found = self._cached[day, penalty_day] = self._points(day, penalty_day)
        return found

    def _points(self, day: int, penalty_day: int) -> Points:
        if self._unsettled:
            _ = self.counted
        components = {
            key: saturated(self.sum_of(key, day, penalty_day), COMPONENTS[key])
            for key in (*self._good, *(key for key in self._bad if key not in self._good))
        }
        total = sum(components.values()) - self.penalty(penalty_day) * BILLION
        return Points(hundredths(min(max(total, 0), 100 * BILLION)), components)

    def is_below(self, line: int, day: int, penalty_day: int | None = None) -> bool:
        """Whether `points` has less than `line` hundredths."""
        return self.margin(line, day, penalty_day) < 0

    def margin(self, line: int, day: int, penalty_day: int | None = None) -> float:
        """Return about how many points `points` is above `line` hundredths; it is negative only if it is below.

        Sums are only computed where it is close.
        """
        if self._unsettled:
            _ = self.counted
        penalty_day = day if penalty_day is None else penalty_day
        total, most_off = float(-self.penalty(penalty_day)) if self.strikes else 0.0, _FLOATS
        for key in self._good.keys() | self._bad.keys() if self._bad else self._good:
            most, half_at, _ = COMPONENTS[key]
            x, off = self._good[key].about(day) if key in self._good else (0.0, 0.0)
            if key in self._bad:
                bad, also_off = self._bad[key].about(penalty_day)
                x, off = x + bad, off + also_off
            left = 0.5 ** (x / half_at) if x > 0 else 1.0
            total += most * (1 - left) if x > 0 else max(-most, most * x / half_at)
            # No curve is steeper than `most / half_at`, nor than this where all of the range is above 0.
            steep = 2 * left if off < x and off < half_at and left < 0.5 else 1.0
            most_off += off * steep * most / half_at
        over = max(total, 0.0) - (line - 0.5) / 100
        return over if abs(over) > most_off else (self.points(day, penalty_day).hundredths - line + 0.5) / 100

    def penalty(self, day: int) -> int:
        """Return the points that upheld strikes cost on `day`."""
        return STRIKE_POINTS * sum(n for then, n in self.strikes.items() if 0 <= day - then < STRIKE_DAYS)

    def stable_from(self) -> int:
        """Return a day from which the score no longer changes without new events."""
        ends = [
            next(reversed(row)) + COMPONENTS[KINDS[kind].component].horizon
            for kind, row in self.counted.items()
            if row
        ]
        ends += [then + STRIKE_DAYS for then in self.strikes]
        return max(ends, default=self.last) + 1


def nps_of(fact: Fact) -> int:
    """Return what a day's answers count: the last one, but a passive one does not take back a promoter's."""
    counts = 0
    for item in fact.items or ():
        score = item["props"]["score"]
        if score <= DETRACTOR_TO:
            counts = -1
        elif score >= PROMOTER_FROM:
            counts = 1
        else:
            counts = max(counts, 0)
    return counts


def _helper_side(fact: Fact) -> Fact:
    """Return the part of a day's prospect forum replies in which the member was the replier."""
    ids = [item["id"] for item in fact.items or () if item["props"].get("role") == HELPER_ROLE]
    pairs = {}
    for key, n in (fact.pairs or {}).items():
        partner, _, role = key.partition(":")
        if role == HELPER_ROLE:
            pairs[partner] = n
    first = b"".join(bytes.fromhex(one.replace("-", "")) for one in ids[:EVIDENCE_MOST])
    return fact._replace(n=len(ids), ids=first, pairs=pairs)


def scored_days(facts: Sequence[Fact], as_of: date) -> Iterator[tuple[date, list[Fact]]]:
    """Yield the days up to `as_of` that have scored facts, with these facts."""
    wanted = [fact for fact in facts if fact.kind in _SCORED]
    for day, of_day in groupby(wanted, key=itemgetter(0)):
        if day > as_of:
            return
        yield day, list(of_day)


def recent(facts: Sequence[Fact], as_of: date) -> list[Fact]:
    """Return the facts that a score and its explanation depend on: quarters not wholly beyond the horizon."""
    since = _first_days(as_of)
    return [fact for fact in facts if (first := since.get(fact[1])) and first <= fact[0] <= as_of]


@lru_cache(maxsize=16)
def _first_days(as_of: date) -> Mapping[str, date]:
    """Return the first day of recent facts, by kind."""
    since = {STRIKE: as_of - timedelta(days=STRIKE_DAYS)}
    for kind, counts in KINDS.items():
        oldest = as_of - timedelta(days=COMPONENTS[counts.component].horizon)
        since[kind] = date(oldest.year, (oldest.month - 1) // 3 * 3 + 1, 1)
    return since


def tally_of(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> Tally:
    tally = Tally(member_id, peers)
    for day, of_day in scored_days(facts, as_of):
        tally.add_day(day, of_day)
    return tally
