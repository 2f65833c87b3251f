"""A member's score of today, for pages that show it to the hundredth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from advocacy.engine.score import score_member, score_over_time
from community.members.models import Member
from journeys.services.rollup import facts_of

from .peers import known_peers
from .scoring import Known

MONTHS, MONTH = 12, timedelta(days=30)


def known_today(member: Member, today: date) -> Known | None:
    """Return the score as of today with what it was made from, in two queries; None where nothing ever counted.

    The stored score may be some days old: it is written when a whole number changes.
    """
    if member.is_team:
        return None
    facts = facts_of([member.pk])
    peers = known_peers(facts)
    scored = score_member(facts[member.pk], today, member_id=member.pk, peers=peers)
    return Known(member.pk, facts[member.pk], peers, scored) if scored else None


def last_year(known: Known, today: date) -> Sequence[tuple[date, Decimal]]:
    """Return the score at thirteen points of the last 360 days, as it was known then."""
    days = [today - MONTH * ago for ago in range(MONTHS, -1, -1)]
    scores = score_over_time(known.facts, days, member_id=known.member_id, peers=known.peers)
    return list(zip(days, scores, strict=True))
