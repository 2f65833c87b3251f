"""The score of one member as of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from journeys.engine.facts import Fact, Span

from .arithmetic import BILLION, saturated
from .caps import NO_PEERS, Peers
from .explain import explain
from .search import any_of, band_of, below, earliest, entering, falls_below, leaving, reaching
from .spans import Course, Walk, advocate_spans
from .tally import Points, Tally, recent, scored_days, tally_of
from .weights import COMPONENTS, KINDS


@dataclass(frozen=True)
class Scored:
    """A member's score as of a day. Its parts are computed when they are asked for."""

    course: Course
    tally: Tally  # of the recent facts
    walked: Walk | None = None  # with the spans, where they are known

    @property
    def as_of(self) -> date:
        return self.course.as_of

    @property
    def points(self) -> Points:
        return self.tally.points(self.as_of.toordinal())

    @property
    def score(self) -> Decimal:
        return Decimal(self.points.hundredths).scaleb(-2)

    @property
    def band(self) -> str:
        return band_of(self.points.hundredths)

    @cached_property
    def explanation(self) -> Mapping[str, Any]:
        return explain(self.tally, self.as_of)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return tuple(self.walked.spans) if self.walked else advocate_spans(self.course)

    @cached_property
    def next_due(self) -> date | None:
        """When the score next crosses a whole number, or rule R6 changes, without new events.

        All band limits and both thresholds of rule R6 are whole numbers. The result is the same on every day
        until then, so it does not matter when it was computed.
        """
        whole = self.points.hundredths // 100 * 100
        first, last = self.as_of.toordinal() + 1, self.tally.stable_from()
        if self.tally.only_falls:
            due = falls_below(self.tally, first, last, whole) if whole else None
            return date.fromordinal(due) if due else None
        tests = [below(self.tally, whole)] if whole else []
        inside = bool(self.spans) and self.spans[-1].end is None
        tests += [reaching(self.tally, whole + 100), leaving(self.tally) if inside else entering(self.tally)]
        due = earliest(first, last, any_of(*tests))
        return date.fromordinal(due) if due else None


def score_member(
    facts: Sequence[Fact], as_of: date, *, member_id: int, peers: Peers = NO_PEERS
) -> Scored | None:
    """Return the score as of a UTC day, or None for a member without any act that ever counted.

    A score that has decayed completely is 0. `facts` are all of the member's, ordered by (day, kind); those
    after `as_of` are ignored.
    """
    tally = tally_of(recent(facts, as_of), as_of, member_id=member_id, peers=peers)
    if not tally.has_counted and not tally_of(facts, as_of, member_id=member_id, peers=peers).has_counted:
        return None
    return Scored(Course(facts, as_of, member_id, peers), tally)


def continue_score(walk: Walk, course: Course) -> Scored | None:
    """Return the same as `score_member`, given a walk over earlier days; adds the later ones to it."""
    walk.follow(course, course.as_of)
    return Scored(course, walk.tally, walk) if walk.tally.has_counted else None


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
