"""The score of one member as of a day, with everything that is stored and shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from journeys.engine.facts import Fact, Span

from .arithmetic import BILLION, saturated
from .counting import NOBODY, Peers
from .explain import explain
from .search import band_limits, band_of, below, earliest, either, entering, leaving, reaching
from .spans import advocate_spans
from .tally import Tally, scored_days, tally_of
from .weights import COMPONENTS, KINDS, LEAVE_BELOW

NOTICEABLE = 100  # hundredths: a change by a point is worth writing down


@dataclass(frozen=True, slots=True)
class Scored:
    """A member's score as of a day."""

    score: Decimal
    band: str
    explanation: Mapping[str, Any]
    spans: tuple[Span, ...]
    next_due: date | None
    next_due_why: str


def score_member(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers = NOBODY
) -> Scored | None:
    """Return the score as of a UTC day, or None for somebody who did nothing that counts.

    `facts` are all of the member's, ordered by (day, kind); later ones than `as_of` are not looked at.
    """
    tally = tally_of(facts, as_of, member_id=member_id, peers=peers)
    day = as_of.toordinal()
    spans = (
        advocate_spans(facts, as_of, member_id=member_id, peers=peers) if tally.could_ever_advocate else ()
    )
    points = tally.points(day)
    alive = any(tally.sum_of(key, day) for key in tally.sums) or tally.penalty(day)
    if not alive and not spans:
        return None
    due, why = _next_due(tally, day, inside=bool(spans) and spans[-1].end is None)
    return Scored(
        score=Decimal(points.hundredths).scaleb(-2),
        band=band_of(points.hundredths),
        explanation=explain(tally, as_of),
        spans=spans,
        next_due=due,
        next_due_why=why,
    )


def _next_due(tally: Tally, day: int, *, inside: bool) -> tuple[date | None, str]:
    """Return when time alone changes the band, the standing as an advocate, or the score by a point."""
    now = tally.points(day).hundredths
    lower, upper = band_limits(now)
    if tally.only_falls:
        lines = {lower: "band", now - NOTICEABLE + 1: "point"}
        if inside:
            lines[LEAVE_BELOW * 100] = "advocate"
        highest = max(lines)
        due = earliest(day + 1, tally.settled_by(), below(tally, highest)) if highest > 0 else None
        return (date.fromordinal(due), f"advocacy: {lines[highest]}") if due else (None, "")
    tests = either(
        below(tally, max(lower, now - NOTICEABLE + 1)),
        reaching(tally, min(upper, now + NOTICEABLE)),
        leaving(tally) if inside else entering(tally),
    )
    due = earliest(day + 1, tally.settled_by(), tests)
    return (date.fromordinal(due), "advocacy: change") if due else (None, "")


def what_one_more_gives(explanation: Mapping[str, Any], kind: str) -> Decimal:
    """Return by how many points one more act of this kind today would raise its component."""
    component = COMPONENTS[KINDS[kind].component]
    x = explanation["components"][KINDS[kind].component]["sum"]
    more = saturated(x + KINDS[kind].milli * 1_000_000, component) - saturated(x, component)
    return (Decimal(more) / BILLION).quantize(Decimal("0.1"))


def score_over_time(
    facts: Sequence[Fact], days: Sequence[date], *, member_id: int, peers: Peers = NOBODY
) -> list[Decimal]:
    """Return the score on each of these days (in their order), from what was known then."""
    tally = Tally(member_id, peers)
    taken = list(scored_days(facts, max(days))) if days else []
    scores = []
    for day in days:
        while taken and taken[0][0] <= day:
            tally.take(*taken.pop(0))
        scores.append(Decimal(tally.points(day.toordinal()).hundredths).scaleb(-2))
    return scores
