"""Compute scores for the stage engine, and check the stored ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from advocacy.engine.caps import Peers
from advocacy.engine.score import Scored, continue_score, score_member
from advocacy.engine.spans import Course, Past, Walk, past_of
from advocacy.models import Score
from journeys.engine.facts import Advocacy, Fact, Split
from journeys.hooks import AdvocacyResults, Facts
from journeys.services.rollup import facts_of

from .peers import load_peers

DUE_WHY = "advocacy score"


@dataclass(frozen=True)
class MemberScore:
    """A score with its input, so that it can be computed for other days."""

    member_id: int
    facts: Sequence[Fact]
    peers: Peers
    as_of: date
    scored: Scored
    is_partial: bool = False  # whether `facts` and `peers` are only those of the latest days

    @cached_property
    def past(self) -> Past:
        if self.is_partial:
            facts = facts_of([self.member_id])
            return past_of(Course(facts[self.member_id], self.as_of, self.member_id, load_peers(facts)))
        return past_of(self.scored.course)

    def on(self, day: date) -> Scored | None:
        return score_member(self.facts, day, member_id=self.member_id, peers=self.peers)


def compute_results(
    facts: Facts, as_of: date, splits: Mapping[int, Split] = MappingProxyType({})
) -> dict[int, Advocacy]:
    """Return a result for each member with any act that ever counted or with a split; see `journeys.hooks`."""
    peers = load_peers(facts)
    found = {}
    for member_id, of_member in facts.items():
        if member_id in splits:
            found[member_id] = _computed_in_parts(
                Course(of_member, as_of, member_id, peers), splits[member_id]
            )
            continue
        scored = score_member(of_member, as_of, member_id=member_id, peers=peers)
        if scored is not None:
            computed = MemberScore(member_id, of_member, peers, as_of, scored)
            found[member_id] = Advocacy(scored.spans, scored.next_due, DUE_WHY, computed)
    return found


def _computed_in_parts(course: Course, split: Split) -> Advocacy:
    walk = Walk.thaw(split.start, course.peers) if split.start else Walk(course.member_id, course.peers)
    frozen = b""
    if split.keep:
        walk.follow(course, split.keep - timedelta(days=1))
        frozen = walk.freeze()
    scored = continue_score(walk, course)
    if scored is None:
        return Advocacy(frozen=frozen)
    computed = MemberScore(
        course.member_id, course.facts, course.peers, course.as_of, scored, bool(split.start)
    )
    return Advocacy(scored.spans, scored.next_due, DUE_WHY, computed, frozen)


def columns_of(scored: Scored | None) -> dict[str, Any] | None:
    """Return the columns of a score that are derived from facts; None where there should be no row."""
    if scored is None:
        return None
    return {
        "score": scored.score,
        "band": scored.band,
        "explanation": scored.explanation,
        "next_due": scored.next_due,
    }


def stored_columns(row: Score) -> dict[str, Any]:
    """Return the stored values of the columns in `columns_of`."""
    return {name: getattr(row, name) for name in ("score", "band", "explanation", "next_due")}


def differences(results: AdvocacyResults, members: Sequence[int], as_of: date) -> list[str]:
    """Return a sentence for each score that differs from the results, as of the day it was stored."""
    return list(_differences(results, Score.objects.in_bulk(members), members, as_of))


def _differences(
    results: AdvocacyResults, stored: Mapping[int, Score], members: Sequence[int], as_of: date
) -> Iterator[str]:
    for member_id in members:
        row = stored.get(member_id)
        computed: MemberScore | None = results[member_id].detail if member_id in results else None
        wanted = columns_of(computed.on(row.as_of if row else as_of) if computed else None)
        there = stored_columns(row) if row else None
        if wanted == there:
            continue
        what = [name for name in there if there[name] != wanted[name]] if wanted and there else []
        yield (
            f"Member {member_id}: the advocacy score is {_told(there)}, should be {_told(wanted)}"
            + (f" ({', '.join(what)} differ)." if what else ".")
        )


def _told(columns: Mapping[str, Any] | None) -> Decimal | str:
    return columns["score"] if columns else "absent"
