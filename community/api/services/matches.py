"""Match facts to members, by external id or email address, and to companies, by id or domain.

A domain identifies a company, never a person. A fact that names a person waits for that person even if their company
is known, because otherwise it would be part of nobody's journey.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.db.models.functions import Lower

from community.api.models import ExternalId
from community.core.mailboxes import canonical_address, canonical_domain, domain_of
from community.members.models import Company, Invitation, Member

from .inbound_facts import Identity


@dataclass(frozen=True)
class Match:
    """The member and company a fact is about; None where unknown."""

    member_id: int | None = None
    company_id: int | None = None

    @property
    def found(self) -> bool:
        return self.member_id is not None or self.company_id is not None


def find(people: Sequence[tuple[str, Identity]]) -> list[Match]:
    """Return the match for each (source, who), in at most five queries."""
    by_external_id = _by_external_id(people)
    by_address = _by_address({canonical_address(who.email) for _, who in people if who.email})
    companies = _Companies([who for _, who in people])
    members = [
        by_external_id.get((source, who.external_id)) or by_address.get(canonical_address(who.email))
        if who.external_id or who.email
        else None
        for source, who in people
    ]
    employers = dict(
        Member.objects.filter(pk__in={pk for pk in members if pk}).values_list("pk", "company_id")
    )
    return [
        Match(member, companies.find(who) or (employers.get(member) if member else None))
        if member or not who.names_person
        else Match()
        for member, (_, who) in zip(members, people, strict=True)
    ]


def save_external_ids(people: Iterable[tuple[str, Identity, Match]]) -> None:
    """Save the external ids of matched members, so that later facts need no email address."""
    ExternalId.objects.bulk_create(
        (
            ExternalId(source=source, external_id=who.external_id, member_id=match.member_id)
            for source, who, match in people
            if who.external_id and match.member_id
        ),
        ignore_conflicts=True,
    )


def _by_external_id(people: Sequence[tuple[str, Identity]]) -> dict[tuple[str, str], int]:
    wanted = {(source, who.external_id) for source, who in people if who.external_id}
    rows = ExternalId.objects.filter(
        source__in={source for source, _ in wanted}, external_id__in={key for _, key in wanted}
    )
    return {(row.source, row.external_id): row.member_id for row in rows}


def _by_address(addresses: set[str]) -> dict[str, int]:
    """Return who the addresses belong to: whoever confirmed them, or else was invited there and has not joined yet."""
    invited = Invitation.objects.filter(
        email__in=addresses, accepted_at=None, member__claimed_at=None, member__is_active=True
    )
    found = dict(invited.order_by("-pk").values_list("email", "member_id"))
    rows = EmailAddress.objects.filter(verified=True, user__is_active=True).annotate(lower=Lower("email"))
    return found | dict(rows.filter(lower__in=addresses).values_list("lower", "user_id"))


class _Companies:
    def __init__(self, people: Sequence[Identity]) -> None:
        ids = {who.company_external_id for who in people} - {""}
        domains = {domain for who in people for domain in _domains(who)}
        rows = Company.objects.filter(Q(external_id__in=ids) | Q(verified_domains__overlap=list(domains)))
        self.by_id: dict[str, int] = {}
        self.by_domain: dict[str, int] = {}
        for company in rows.order_by("-pk"):
            if company.external_id:
                self.by_id[company.external_id] = company.pk
            self.by_domain |= {canonical_domain(domain): company.pk for domain in company.verified_domains}

    def find(self, who: Identity) -> int | None:
        if who.company_external_id in self.by_id:
            return self.by_id[who.company_external_id]
        return next((self.by_domain[name] for name in _domains(who) if name in self.by_domain), None)


def _domains(who: Identity) -> list[str]:
    return [name for name in (canonical_domain(who.domain), domain_of(who.email)) if name]
