"""A score over time: advocate spans (rule R6), the start of the current band, and past band changes."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import repeat
from math import inf
from uuid import UUID

from journeys.engine.facts import EVIDENCE_MOST, Fact, Span

from .caps import NO_PEERS, Peers
from .contributions import contributions
from .score_bound import ScoreBound, bounds_of, most_without_decay
from .search import OVER, band_limits, band_of, earliest, entering, leaves_band, leaving
from .tally import Points, Tally, scored_days
from .weights import BANDS, ENTER_AT, LEAVE_BELOW, NONE

_FIRST_BAND = 100 * min(floor for floor in BANDS.values() if floor)
# The share of the highest bound that a score mostly reaches on its best day: acts beyond the horizon keep a 32nd of
# their weight in bounds.
_NEAR = 0.97

ONE_DAY = timedelta(days=1)

Days = Sequence[tuple[date, Sequence[Fact]]]


@dataclass(frozen=True)
class Course:
    """The days up to `as_of` with facts that matter for a member's score."""

    facts: Sequence[Fact]
    as_of: date
    member_id: int
    peers: Peers

    @cached_property
    def days(self) -> Days:
        return list(scored_days(self.facts, self.as_of))

    @cached_property
    def bounds(self) -> Sequence[float]:
        """An upper bound of the score for each of these days and those until the next one, in hundredths."""
        return list(bounds_of(self.days))

    @cached_property
    def most(self) -> float:
        """An upper bound of the score on any day."""
        return max(self.bounds, default=0.0)


class Walk:
    """A score day by day: the tally, and the spans of rule R6. Days must be added in order."""

    def __init__(self, member_id: int, peers: Peers) -> None:
        self._tally = Tally(member_id, peers)
        self.until = date.min  # days have been added up to this one
        self._waiting: list[tuple[date, Sequence[Fact]]] = []  # days that are not in the tally yet
        self.spans: list[Span] = []
        self._bound = ScoreBound()
        self._bound.start(high=ENTER_AT * 100)

    def freeze(self) -> bytes:
        """Return what `thaw` needs to continue from here. Drops what later days do not need."""
        self.tally.forget()
        peers, self.tally.peers = self.tally.peers, NO_PEERS
        frozen = pickle.dumps(self)
        self.tally.peers = peers
        return frozen

    @staticmethod
    def thaw(frozen: bytes, peers: Peers) -> Walk:
        """Return a walk to continue from there, with partners who may be others."""
        walk: Walk = pickle.loads(frozen)  # noqa: S301 - from our own table
        walk.tally.peers = peers
        return walk

    @property
    def tally(self) -> Tally:
        """The tally of all days. Not needed for the spans of a member who never comes near a threshold."""
        for one in self._waiting:
            self._tally.add_day(*one)
        self._waiting.clear()
        return self._tally

    def follow(self, course: Course, until: date) -> None:
        """Add the days of a course after those added before, up to `until`."""
        days = [one for one in course.days if self.until < one[0] <= until]
        if self.until > date.min and (not days or days[0][0] > self.until + ONE_DAY):
            days.insert(0, (self.until + ONE_DAY, []))
        self.add(days, until)
        self.until = until

    def add(self, days: Days, until: date, bounds: Iterable[float] = repeat(inf)) -> None:
        """Add days with scored facts; each day until `until` is judged by the facts known on that day."""
        tally = self.tally
        for day, last, _ in open_intervals(tally, self._bound, days, until, bounds, self._waiting):
            found: int | None = day
            while found is not None:
                inside = bool(self.spans) and self.spans[-1].end is None
                found = earliest(found, last, leaving(tally) if inside else entering(tally))
                if found is None:
                    break
                if inside:
                    self.spans[-1] = replace(self.spans[-1], end=date.fromordinal(found))
                else:
                    self.spans.append(Span(date.fromordinal(found), None, _evidence(tally, found)))
            if self.spans and self.spans[-1].end is None:
                self._bound.reset(tally, last, low=LEAVE_BELOW * 100, high=OVER)
            else:
                self._bound.reset(tally, last, low=0, high=ENTER_AT * 100)


def open_intervals(
    tally: Tally,
    bound: ScoreBound,
    days: Days,
    until: date,
    bounds: Iterable[float],
    waiting: list[tuple[date, Sequence[Fact]]],
    line: float | None = None,
) -> Iterator[tuple[int, int, bool]]:
    """Add days to a tally; yield each interval in which the score may leave its range, or may reach `line`.

    An interval starts on a day with scored facts and ends before the next such day. Yields its first and its last
    day, and whether the score may leave its range; then the bound must be reset. `bounds` are those of the days.
    Days after the last such interval are not added, but left in `waiting`.
    """
    lasts = [*(day.toordinal() - 1 for day, _ in days[1:]), until.toordinal()]
    for (day, of_day), most, last in zip(days, bounds, lasts, strict=False):
        waiting.append((day, of_day))
        first = day.toordinal()
        leaves = bound.add(first, last, of_day, most)
        if leaves or (line is not None and most >= line):
            for one in waiting:
                tally.add_day(*one)
            waiting.clear()
            yield first, last, leaves


def advocate_spans(course: Course) -> tuple[Span, ...]:
    """Return the spans of rule R6; each day is judged by the facts known on that day."""
    if most_without_decay(course.days) < ENTER_AT * 100 or course.most < ENTER_AT * 100:
        return ()
    walk = Walk(course.member_id, course.peers)
    walk.add(course.days, course.as_of, course.bounds)
    return tuple(walk.spans)


def _evidence(tally: Tally, day: int) -> tuple[UUID, ...]:
    """Return the events that contributed most on the day the member became an advocate."""
    ids: dict[UUID, None] = {}
    for act in contributions(tally, day):
        ids.update(dict.fromkeys(act.event_ids))
        if len(ids) >= EVIDENCE_MOST:
            break
    return tuple(ids)[:EVIDENCE_MOST]


@dataclass(frozen=True, slots=True)
class Past:
    """The band changes of a score until a day, and its highest value on a day with an act."""

    changes: tuple[tuple[date, Points], ...]
    best: int  # hundredths
    best_on: date
    first_on: date  # the first day with an act

    @property
    def band_since(self) -> date:
        """The day on which the score entered its last band."""
        return self.changes[-1][0] if self.changes else self.first_on


def past_of(course: Course) -> Past:
    """Return the past of a score; each day is judged by the facts known on that day."""
    if not course.days:
        return Past((), 0, course.as_of, course.as_of)
    line = course.most * _NEAR - 3  # rounding adds up to 2 hundredths
    past = _past(course, line)
    # The other days have lower bounds than `line`. Acts that do not count make bounds too high.
    return past if past.best > line else _past(course, past.best)


def _past(course: Course, line: float) -> Past:
    """Return the past of a score, with the highest of the values whose bounds are at least `line`."""
    first_on = course.days[0][0]
    changes: list[tuple[date, Points]] = []
    best, best_on, band = 0, first_on, NONE
    tally, bound = Tally(course.member_id, course.peers), ScoreBound()
    bound.start(high=_FIRST_BAND)
    for day, last, leaves in open_intervals(tally, bound, course.days, course.as_of, course.bounds, [], line):
        if (there := tally.points(day).hundredths) > best:
            best, best_on = there, date.fromordinal(day)
        entered: int | None = day if leaves else None
        while entered is not None:
            points = tally.points(entered)
            if band_of(points.hundredths) != band:
                band = band_of(points.hundredths)
                changes.append((date.fromordinal(entered), points))
            elif tally.only_falls and not bound.may_fall(last):
                break
            entered = leaves_band(tally, points, entered, last)
        if leaves:
            low, high = band_limits(BANDS[band] * 100)
            bound.reset(tally, last, low=low, high=high)
    return Past(tuple(changes), best, best_on, first_on)
