"""The roles and companies of partners (counterparts)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from django.db.models import BooleanField, ExpressionWrapper, Q

from advocacy.engine.caps import Peers, partners_of
from advocacy.engine.weights import REFERRALS, VOTES
from community.core.prepared import Prepared
from community.events.catalogue import COMPANY_JOINED
from community.events.models import Event
from community.members.models import Member, team_q
from journeys.hooks import Facts
from journeys.models import MemberDay

_STAFF_OR_OF_COMPANIES = Prepared[tuple[int, bool, int | None]](
    lambda ids: (
        Member.objects.filter(team_q() | Q(company__isnull=False), pk__any_of=ids)
        .annotate(on_team=ExpressionWrapper(team_q(), BooleanField()))
        .values_list("pk", "on_team", "company")
    )
)
_JOINED = Prepared[tuple[int, int | None, datetime]](
    lambda ids: (
        Event.objects.not_retracted()
        .filter(name=COMPANY_JOINED, member_id__any_of=ids)
        .order_by("occurred_at")
        .values_list("member_id", "object_id", "occurred_at")
    )
)

_MATTERS = VOTES | REFERRALS


def load_peers(facts: Facts) -> Peers:
    """Return the staff and the companies among these members and their partners. At most two queries."""
    voters, referrers, friends = set(), set(), set()
    for member_id, of_member in facts.items():
        met = [fact for fact in of_member if fact.kind in _MATTERS]
        voters |= partners_of(met, VOTES)
        if referred := partners_of(met, REFERRALS):
            friends |= referred
            referrers.add(member_id)
    wanted = voters | friends | referrers
    if not wanted:
        return Peers()
    found = _STAFF_OR_OF_COMPANIES(ids=list(wanted))
    companies = {pk: company for pk, _, company in found if company is not None}
    return Peers(
        staff=frozenset(pk for pk, on_team, _ in found if on_team),
        companies=_over_time(companies, list(friends | referrers)) if friends else {},
    )


def _over_time(companies: Mapping[int, int], member_ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    """Return the companies of these members over time, given the current ones.

    A member without a joining event always belonged to their current company.
    """
    joined: defaultdict[int, list[tuple[date, int]]] = defaultdict(list)
    for member_id, company_id, at in _JOINED(ids=member_ids):
        if company_id is not None:
            joined[member_id].append((at.astimezone(UTC).date(), company_id))
    always = {pk: [(date.min, companies[pk])] for pk in member_ids if pk in companies}
    return always | joined


def affected_by(member_ids: Collection[int]) -> set[int]:
    """Return the ids of the members whose score may change when these members' roles or companies do.

    These are the members themselves, and those whom they voted for or were referred by.
    """
    met = (
        MemberDay.objects.filter(kind__in=_MATTERS)
        .filter(pairs__has_any_keys=[str(pk) for pk in member_ids])
        .values_list("member_id", flat=True)
    )
    return set(member_ids) | set(met)
