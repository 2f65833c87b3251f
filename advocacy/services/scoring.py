"""Scoring members for the stage engine, and checking what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from advocacy.engine.counting import Peers
from advocacy.engine.score import Scored, score_member
from advocacy.engine.spans import Past, past_of
from advocacy.models import Score
from journeys.engine.facts import Fact, Standing
from journeys.hooks import Facts, Standings

from .peers import known_peers

DUE_WHY = "advocacy score"


@dataclass(frozen=True, slots=True)
class Known:
    """A score, and all that it was made from, so that it can be asked for another day."""

    member_id: int
    facts: Sequence[Fact]
    peers: Peers
    scored: Scored

    def past(self, until: date) -> Past:
        return past_of(self.facts, until, member_id=self.member_id, peers=self.peers)

    def on(self, day: date) -> Scored | None:
        return score_member(self.facts, day, member_id=self.member_id, peers=self.peers)


def standings_of(facts: Facts, as_of: date) -> dict[int, Standing]:
    """Return a standing for each member who did anything that counts; see `journeys.hooks`."""
    peers = known_peers(facts)
    found = {}
    for member_id, of_member in facts.items():
        scored = score_member(of_member, as_of, member_id=member_id, peers=peers)
        if scored is not None:
            known = Known(member_id, of_member, peers, scored)
            found[member_id] = Standing(scored.spans, scored.next_due, DUE_WHY, known)
    return found


def columns_of(scored: Scored | None) -> dict[str, Any] | None:
    """Return what follows from the facts of a score's row; None where there is to be no row."""
    if scored is None:
        return None
    return {
        "score": scored.score,
        "band": scored.band,
        "explanation": scored.explanation,
        "next_due": scored.next_due,
    }


def stored_columns(row: Score) -> dict[str, Any]:
    """Return what is compared with the standings of a stored score."""
    return {name: getattr(row, name) for name in ("score", "band", "explanation", "next_due")}


def differences(standings: Standings, members: Sequence[int], as_of: date) -> list[str]:
    """Return a sentence for each score that is not what the standings say, as of the day it was stored."""
    return list(_differences(standings, Score.objects.in_bulk(members), members, as_of))


def _differences(
    standings: Standings, stored: Mapping[int, Score], members: Sequence[int], as_of: date
) -> Iterator[str]:
    for member_id in members:
        row = stored.get(member_id)
        known: Known | None = standings[member_id].detail if member_id in standings else None
        wanted = columns_of(known.on(row.as_of if row else as_of) if known else None)
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
