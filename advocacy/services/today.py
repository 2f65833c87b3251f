"""A member's score as of today, for pages that show it to the hundredth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from advocacy.engine.score import score_member, score_over_time
from community.members.models import Member
from journeys.services.rollup import facts_of

from .peers import load_peers
from .scores import MemberScore

MONTHS, MONTH = 12, timedelta(days=30)


def score_today(member: Member, today: date) -> MemberScore | None:
    """Return the score as of today with its input; None where nothing ever counted. At most three queries.

    The stored score may be some days old: it is only written when it crosses a whole number.
    """
    if member.is_team:
        return None
    facts = facts_of([member.pk])
    peers = load_peers(facts)
    scored = score_member(facts[member.pk], today, member_id=member.pk, peers=peers)
    return MemberScore(member.pk, facts[member.pk], peers, today, scored) if scored else None


def last_year(computed: MemberScore, today: date) -> Sequence[tuple[date, Decimal]]:
    """Return the score at thirteen points of the last 360 days, each from the facts known then."""
    days = [today - MONTH * ago for ago in range(MONTHS, -1, -1)]
    scores = score_over_time(computed.facts, days, member_id=computed.member_id, peers=computed.peers)
    return list(zip(days, scores, strict=True))
