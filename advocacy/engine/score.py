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
from .search import band_of, below, earliest, either, entering, leaving, reaching
from .spans import advocate_spans
from .tally import Tally, scored_days, tally_of
from .weights import COMPONENTS, KINDS


@dataclass(frozen=True, slots=True)
class Scored:
    """A member's score as of a day."""

    score: Decimal
    band: str
    explanation: Mapping[str, Any]
    spans: tuple[Span, ...]
    next_due: date | None


def score_member(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers = NOBODY
) -> Scored | None:
    """Return the score as of a UTC day, or None for somebody who never did anything that counts.

    What has faded away leaves a score of nothing. `facts` are all of the member's, ordered by (day, kind);
    later ones than `as_of` are not looked at.
    """
    tally = tally_of(facts, as_of, member_id=member_id, peers=peers)
    if not tally.counted_anything:
        return None
    day = as_of.toordinal()
    spans = (
        advocate_spans(facts, as_of, member_id=member_id, peers=peers) if tally.could_ever_advocate else ()
    )
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
    """Return when time alone takes the score over a whole number, or changes the standing as an advocate.

    All bands and both lines of rule R6 are whole numbers. Until that day the answer stays the same, so
    it does not matter when it was asked.
    """
    whole = tally.points(day).hundredths // 100 * 100
    tests = [below(tally, whole)] if whole else []
    if not tally.only_falls:
        tests += [reaching(tally, whole + 100), leaving(tally) if inside else entering(tally)]
    due = earliest(day + 1, tally.settled_by(), either(*tests))
    return date.fromordinal(due) if due else None


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
