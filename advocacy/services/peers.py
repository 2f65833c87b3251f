"""The roles and companies of partners (counterparts)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from advocacy.engine.caps import Peers, partners_of
from advocacy.engine.weights import REFERRALS, VOTES
from community.members.models import Member
from journeys.engine.facts import Fact
from journeys.hooks import Facts
from journeys.models import MemberDay


def load_peers(facts: Facts) -> Peers:
    """Return the staff and companies among these members and their partners. At most one query."""
    partners = partners_of(_flat(facts))
    if not partners:
        return Peers()
    members = Member.objects.only("role", "is_superuser", "company_id").in_bulk(partners | set(facts))
    return Peers(
        staff=frozenset(pk for pk, member in members.items() if member.is_team),
        companies={pk: member.company_id for pk, member in members.items() if member.company_id is not None},
    )


def _flat(facts: Facts) -> Iterable[Fact]:
    return (fact for of_member in facts.values() for fact in of_member)


def affected_by(member_ids: Collection[int]) -> set[int]:
    """Return the ids of the members whose score may change when these members' roles or companies do.

    These are the members themselves, and those whom they voted for or were referred by.
    """
    met = (
        MemberDay.objects.filter(kind__in=VOTES | REFERRALS)
        .filter(pairs__has_any_keys=[str(pk) for pk in member_ids])
        .values_list("member_id", flat=True)
    )
    return set(member_ids) | set(met)
