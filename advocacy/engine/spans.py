"""A score over time: advocate spans (rule R6), the start of the current band, and past band changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from uuid import UUID

from journeys.engine.facts import EVIDENCE_MOST, Fact, Span

from .caps import Peers
from .contributions import contributions
from .score_bound import ScoreBound, bounds_of
from .search import OVER, band_limits, band_of, earliest, entering, leaves_band, leaving
from .tally import Points, Tally, scored_days
from .weights import BANDS, ENTER_AT, LEAVE_BELOW, NONE

_FIRST_BAND = 100 * min(floor for floor in BANDS.values() if floor)
_NEAR = 3  # hundredths below the highest bound; without acts that do not count, a bound is at most 2 too high


def open_intervals(
    facts: Sequence[Fact], as_of: date, bound: ScoreBound, *, member_id: int, peers: Peers
) -> Iterator[tuple[Tally, int, int]]:
    """Yield the tally, and the first and last day, of each interval in which the score may leave its range.

    An interval starts on a day with scored facts and ends before the next such day. The tally is the same object every
    time and is updated in place. The bound must be reset after each interval.
    """
    tally = Tally(member_id, peers)
    days = list(scored_days(facts, as_of))
    lasts = [*(day.toordinal() - 1 for day, _ in days[1:]), as_of.toordinal()]
    waiting = []
    for (day, of_day), last in zip(days, lasts, strict=False):
        waiting.append((day, of_day))
        if bound.add(day.toordinal(), last, of_day):
            for one in waiting:
                tally.add_day(*one)
            waiting.clear()
            yield tally, day.toordinal(), last


def advocate_spans(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> tuple[Span, ...]:
    """Return the spans of rule R6; each day is judged by the facts known on that day."""
    if all(most < ENTER_AT * 100 for most in bounds_of(scored_days(facts, as_of))):
        return ()
    spans: list[Span] = []
    bound = ScoreBound()
    for tally, day, last in open_intervals(facts, as_of, bound, member_id=member_id, peers=peers):
        found: int | None = day
        while found is not None:
            inside = bool(spans) and spans[-1].end is None
            found = earliest(found, last, leaving(tally) if inside else entering(tally))
            if found is None:
                break
            if inside:
                spans[-1] = Span(spans[-1].start, date.fromordinal(found), spans[-1].evidence)
            else:
                spans.append(Span(date.fromordinal(found), None, _evidence(tally, found)))
        if spans and spans[-1].end is None:
            bound.reset(tally, last, low=LEAVE_BELOW * 100, high=OVER)
        else:
            bound.reset(tally, last, low=0, high=ENTER_AT * 100)
    return tuple(spans)


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


def past_of(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> Past:
    """Return the past of a score; each day is judged by the facts known on that day."""
    days = list(scored_days(facts, as_of))
    first_on = days[0][0] if days else as_of
    found = _best_of(days, Tally(member_id, peers))
    if found is not None:
        return Past((), *found, first_on)
    changes: list[tuple[date, Points]] = []
    best, best_on, band = 0, as_of, NONE
    bound = ScoreBound()
    for tally, day, last in open_intervals(facts, as_of, bound, member_id=member_id, peers=peers):
        if (there := tally.points(day).hundredths) > best:
            best, best_on = there, date.fromordinal(day)
        entered: int | None = day
        while entered is not None:
            points = tally.points(entered)
            if band_of(points.hundredths) != band:
                band = band_of(points.hundredths)
                changes.append((date.fromordinal(entered), points))
            elif tally.only_falls and not bound.may_fall(last):
                break
            entered = leaves_band(tally, points, entered, last)
        low, high = band_limits(BANDS[band] * 100)
        bound.reset(tally, last, low=low, high=min(high, best + 1))
    return Past(tuple(changes), best, best_on, first_on)


def _best_of(days: Sequence[tuple[date, Sequence[Fact]]], tally: Tally) -> tuple[int, date] | None:
    """Return the highest score, in hundredths, and its day, for a score that certainly never left the lowest band.

    Computes only the scores of the days with the highest bounds. Returns None where that is not enough.
    """
    bounds = list(takewhile(lambda most: most < _FIRST_BAND, bounds_of(days)))
    if not bounds or len(bounds) < len(days):
        return None
    line = max(bounds) - _NEAR
    best, best_on = 0, days[0][0]
    while bounds[-1] < line:
        bounds.pop()
    for (day, of_day), most in zip(days, bounds, strict=False):
        tally.add_day(day, of_day)
        if most >= line and (points := tally.points(day.toordinal()).hundredths) > best:
            best, best_on = points, day
    return (best, best_on) if best > line else None
