"""A score over time: advocate spans (rule R6), the start of the current band, and past band changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from journeys.engine.facts import EVIDENCE_MOST, Fact, Span

from .caps import Peers
from .contributions import contributions
from .search import band_of, earliest, entering, leaves_band, leaving
from .tally import Points, Tally, scored_days
from .weights import NONE


def intervals(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers
) -> Iterator[tuple[Tally, int, int]]:
    """Yield, for each day with scored facts, the tally and the first and last day until the next such day.

    The tally is the same object every time and is updated in place.
    """
    tally = Tally(member_id, peers)
    days = list(scored_days(facts, as_of))
    for place, (day, of_day) in enumerate(days):
        tally.add_day(day, of_day)
        following = days[place + 1][0].toordinal() if place + 1 < len(days) else as_of.toordinal() + 1
        yield tally, day.toordinal(), following - 1


def advocate_spans(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> tuple[Span, ...]:
    """Return the spans of rule R6; each day is judged by the facts known on that day."""
    spans: list[Span] = []
    for tally, day, last in intervals(facts, as_of, member_id=member_id, peers=peers):
        if not tally.can_reach_advocate:
            continue
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
    return tuple(spans)


def _evidence(tally: Tally, day: int) -> tuple[UUID, ...]:
    """Return the events that contributed most on the day the member became an advocate."""
    ids: dict[UUID, None] = {}
    for act in contributions(tally, day):
        ids.update(dict.fromkeys(act.event_ids))
        if len(ids) >= EVIDENCE_MOST:
            break
    return tuple(ids)[:EVIDENCE_MOST]


def band_since(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> date:
    """Return the day on which the score entered the band that it is in on `as_of`."""
    band, since = "", as_of.toordinal()
    for tally, day, last in intervals(facts, as_of, member_id=member_id, peers=peers):
        found: int | None = day
        while found is not None:
            points = tally.points(found)
            if band_of(points.hundredths) != band:
                band, since = band_of(points.hundredths), found
            found = earliest(found, last, leaves_band(tally, points))
    return date.fromordinal(since)


@dataclass(frozen=True, slots=True)
class Past:
    """The band changes of a score until a day, and its highest value on a day with an act."""

    changes: tuple[tuple[date, Points], ...]
    best: int  # hundredths
    best_on: date


def past_of(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> Past:
    """Return the past of a score; each day is judged by the facts known on that day."""
    changes: list[tuple[date, Points]] = []
    best, best_on, band = 0, as_of, NONE
    for tally, day, last in intervals(facts, as_of, member_id=member_id, peers=peers):
        if (there := tally.points(day).hundredths) > best:
            best, best_on = there, date.fromordinal(day)
        found: int | None = day
        while found is not None:
            points = tally.points(found)
            if band_of(points.hundredths) != band:
                band = band_of(points.hundredths)
                changes.append((date.fromordinal(found), points))
            found = earliest(found, last, leaves_band(tally, points))
    return Past(tuple(changes), best, best_on)
