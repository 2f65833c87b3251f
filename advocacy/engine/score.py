"""The score of one member as of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from journeys.engine.facts import Fact, Span

from .arithmetic import BILLION, saturated
from .caps import NO_PEERS, Peers
from .explain import explain
from .search import any_of, band_of, below, earliest, entering, leaving, reaching
from .spans import advocate_spans
from .tally import Tally, scored_days, tally_of
from .weights import COMPONENTS, KINDS


@dataclass(frozen=True, slots=True)
class Scored:
    """A member's score as of a day, with its explanation and its advocate spans."""

    score: Decimal
    band: str
    explanation: Mapping[str, Any]
    spans: tuple[Span, ...]
    next_due: date | None


def score_member(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers = NO_PEERS
) -> Scored | None:
    """Return the score as of a UTC day, or None for a member without any act that ever counted.

    A score that has decayed completely is 0. `facts` are all of the member's, ordered by (day, kind); those
    after `as_of` are ignored.
    """
    tally = tally_of(facts, as_of, member_id=member_id, peers=peers)
    if not tally.has_counted:
        return None
    day = as_of.toordinal()
    spans = advocate_spans(facts, as_of, member_id=member_id, peers=peers) if tally.can_reach_advocate else ()
    points = tally.points(day)
    due = _next_due(tally, day, inside=bool(spans) and spans[-1].end is None)
    return Scored(
        score=Decimal(points.hundredths).scaleb(-2),
        band=band_of(points.hundredths),
        explanation=explain(tally, as_of),
        spans=spans,
        next_due=due,
    )


def _next_due(tally: Tally, day: int, *, inside: bool) -> date | None:
    """Return when the score next crosses a whole number, or rule R6 changes, without new events.

    All band limits and both thresholds of rule R6 are whole numbers. The result is the same on every day until
    then, so it does not matter when it was computed.
    """
    whole = tally.points(day).hundredths // 100 * 100
    tests = [below(tally, whole)] if whole else []
    if not tally.only_falls:
        tests += [reaching(tally, whole + 100), leaving(tally) if inside else entering(tally)]
    due = earliest(day + 1, tally.stable_from(), any_of(*tests))
    return date.fromordinal(due) if due else None


def marginal_points(explanation: Mapping[str, Any], kind: str) -> Decimal:
    """Return how many points one more act of this kind today would add to its component."""
    component = COMPONENTS[KINDS[kind].component]
    x = explanation["components"][KINDS[kind].component]["sum"]
    more = saturated(x + KINDS[kind].milli * 1_000_000, component) - saturated(x, component)
    return (Decimal(more) / BILLION).quantize(Decimal("0.1"))


def score_over_time(
    facts: Sequence[Fact], days: Sequence[date], *, member_id: int, peers: Peers = NO_PEERS
) -> list[Decimal]:
    """Return the score on each of these days (ascending), from the facts known on that day."""
    tally = Tally(member_id, peers)
    taken = list(scored_days(facts, max(days))) if days else []
    scores = []
    for day in days:
        while taken and taken[0][0] <= day:
            tally.add_day(*taken.pop(0))
        scores.append(Decimal(tally.points(day.toordinal()).hundredths).scaleb(-2))
    return scores
