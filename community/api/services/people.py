"""Add people in bulk: link their IDs in other systems, and create members for those who are new.

New members are unclaimed, like imported ones: they have no password and get no mail until a manager invites them.
Unlike those, they have posted nothing here, so until then only the team can see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as Refused
from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from community.api.models import ExternalId
from community.api.schemas import PersonItem
from community.core.mailboxes import domain_of
from community.events.catalogue import MEMBER_REGISTERED
from community.events.services.recording import record
from community.members import names
from community.members.models import Company, Invitation, Member
from community.members.services import accounts, companies

from . import matches, parsers
from .inbound_facts import Identity, Malformed
from .ingestion import Result

LINKED = "This ID now belongs to the member with this email address."
CONFLICT = "This ID and this email address belong to different members. Correct one of them, or change it in the admin."
TWICE = "This ID was sent twice with different email addresses. The first one counts."


@dataclass(frozen=True)
class Known:
    """A person as another system knows them, well-formed."""

    who: Identity
    name: str
    joined_at: Any


def parse(items: Iterable[Any]) -> list[Known | Malformed]:
    """Parse people; invalid ones become Malformed."""
    found: list[Known | Malformed] = []
    for item in items:
        try:
            person = PersonItem.model_validate(item)
            name = names.clean_display_name(person.name) if person.name else ""
            found.append(Known(parsers.who(person, person.account), name, person.joined_at))
        except ValidationError as error:
            found.append(parsers.malformed(item, "external_id", error))
        except Refused as error:
            found.append(Malformed(person.external_id, f"name: {' '.join(error.messages)}"))
    return found


@transaction.atomic
def save(people: Sequence[Known | Malformed], *, source: str, dry_run: bool = False) -> list[Result]:
    """Link the IDs of these people, creating members for new ones; idempotent. Return a result for each.

    With `dry_run`, return the same results without writing anything.
    """
    point = transaction.savepoint()
    saver = _Saver(source, [one.who for one in people if isinstance(one, Known)])
    results = [
        Result(one.source_event_id, "rejected", one.reason) if isinstance(one, Malformed) else saver.save(one)
        for one in people
    ]
    if dry_run:
        transaction.savepoint_rollback(point)
    else:
        transaction.savepoint_commit(point)
    return results


class _Saver:
    """Save people one by one, keeping track of who the addresses and IDs of this call belong to."""

    def __init__(self, source: str, people: Sequence[Identity]) -> None:
        self.source = source
        by_address = matches.find([(source, Identity(email=who.email)) for who in people])
        self.companies = dict(
            zip(people, matches.find([(source, _company(who)) for who in people]), strict=True)
        )
        ids = ExternalId.objects.filter(source=source, external_id__in=[who.external_id for who in people])
        self.by_id = dict(ids.values_list("external_id", "member_id"))
        self.by_address = {
            who.email: match.member_id
            for who, match in zip(people, by_address, strict=True)
            if who.email and match.member_id
        }

    def save(self, one: Known) -> Result:
        who = one.who
        by_id, by_address = self.by_id.get(who.external_id), self.by_address.get(who.email)
        if by_id is not None:
            is_same = by_address in (None, by_id)
            return Result(
                who.external_id, "duplicate" if is_same else "conflict", "" if is_same else CONFLICT
            )
        if by_address is not None:
            self._link(who, by_address)
            return Result(who.external_id, "updated", LINKED)
        if not one.name:
            return Result(
                who.external_id,
                "rejected",
                "name: This is missing; it is required for people who are not members yet.",
            )
        self._link(who, self._create(one).pk)
        return Result(who.external_id, "accepted")

    def _link(self, who: Identity, member_id: int) -> None:
        ExternalId.objects.create(source=self.source, external_id=who.external_id, member_id=member_id)
        self.by_id[who.external_id] = member_id
        if who.email:
            self.by_address[who.email] = member_id

    def _create(self, one: Known) -> Member:
        company_id = self.companies[one.who].company_id
        member = Member(
            username=accounts.free_username(one.name),
            display_name=one.name,
            joined_at=one.joined_at or timezone.now(),
            company=Company.objects.get(pk=company_id) if company_id else None,
            is_private=True,
        )
        member.set_unusable_password()
        member.save()
        record(
            MEMBER_REGISTERED, actor=member, subject=member, occurred_at=member.joined_at, source=self.source
        )
        companies.record_joining(member, now=member.joined_at)
        if one.who.email:
            # A manager sends it later; until then, facts with this address are about this member.
            Invitation.objects.create(member=member, email=one.who.email)
        return member


def _company(who: Identity) -> Identity:
    return Identity(company_external_id=who.company_external_id, domain=who.domain or domain_of(who.email))
