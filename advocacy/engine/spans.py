"""A score over time: advocate spans (rule R6), the start of the current band, and past band changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from journeys.engine.facts import EVIDENCE_MOST, Fact, Span

from .caps import Peers
from .contributions import contributions
from .score_bound import ScoreBound
from .search import OVER, band_limits, band_of, earliest, entering, leaves_band, leaving
from .tally import Points, Tally, scored_days
from .weights import BANDS, BROAD_COMPONENTS, COMPONENTS, ENTER_AT, KINDS, LEAVE_BELOW, NONE


def intervals(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers
) -> Iterator[tuple[Tally, int, int, list[Fact]]]:
    """Yield, for each day with scored facts, the tally, the first and last day until the next such day, and the facts.

    The tally is the same object every time and is updated in place.
    """
    tally = Tally(member_id, peers)
    days = list(scored_days(facts, as_of))
    for place, (day, of_day) in enumerate(days):
        tally.add_day(day, of_day)
        following = days[place + 1][0].toordinal() if place + 1 < len(days) else as_of.toordinal() + 1
        yield tally, day.toordinal(), following - 1, of_day


def advocate_spans(facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers) -> tuple[Span, ...]:
    """Return the spans of rule R6; each day is judged by the facts known on that day."""
    if not can_reach_advocate({KINDS[fact.kind].component for fact in facts if fact.kind in KINDS}):
        return ()
    spans: list[Span] = []
    bound = ScoreBound()
    for tally, day, last, added in intervals(facts, as_of, member_id=member_id, peers=peers):
        if not bound.add(tally, last, added):
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
        if spans and spans[-1].end is None:
            bound.reset(tally, last, low=LEAVE_BELOW * 100, high=OVER)
        else:
            bound.reset(tally, last, low=0, high=ENTER_AT * 100)
    return tuple(spans)


def can_reach_advocate(components: Collection[str]) -> bool:
    """Return whether these components can have enough points for rule R6."""
    most = sum(COMPONENTS[key].most for key in components)
    return len(components) >= BROAD_COMPONENTS and most >= ENTER_AT


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
    changes: list[tuple[date, Points]] = []
    best, best_on, band = 0, as_of, NONE
    first_on: date | None = None
    bound = ScoreBound()
    for tally, day, last, added in intervals(facts, as_of, member_id=member_id, peers=peers):
        first_on = first_on or date.fromordinal(day)
        if not bound.add(tally, last, added):
            continue
        if (there := tally.points(day).hundredths) > best:
            best, best_on = there, date.fromordinal(day)
        found: int | None = day
        while found is not None:
            points = tally.points(found)
            if band_of(points.hundredths) != band:
                band = band_of(points.hundredths)
                changes.append((date.fromordinal(found), points))
            found = earliest(found, last, leaves_band(tally, points))
        low, high = band_limits(BANDS[band] * 100)
        bound.reset(tally, last, low=low, high=min(high, best + 1))
    return Past(tuple(changes), best, best_on, first_on or as_of)
