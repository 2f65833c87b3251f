"""Events waiting for a member or company that is not known yet.

Triggers record in `IdentityChange` which members and companies got a new address, external id or domain, whatever code
wrote it. The events waiting for them are then found by index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community.api.models import EventKey, ExternalId, IdentityChange, QuarantinedEvent, WaitingEvent
from community.core.audit import audit
from community.core.mailboxes import canonical_address, canonical_domain
from community.events.catalogue import checked_payload
from community.events.services import custom_kinds
from community.events.services.recording import record_all
from community.members.models import Company, Invitation

from . import matches
from .inbound_facts import InboundFact, inbound_fact_from
from .ingestion import draft_of, quarantined
from .matches import Match

if TYPE_CHECKING:
    from community.members.models import Member

BATCH_SIZE = 500


def apply_to_new_identities() -> int:
    """Apply events waiting for members or companies whose identity changed. Return how many were applied."""
    applied = 0
    while changes := list(IdentityChange.objects.order_by("pk")[:BATCH_SIZE]):
        with transaction.atomic():
            IdentityChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
            members = {change.member_id for change in changes if change.member_id}
            companies = {change.company_id for change in changes if change.company_id}
            applied += apply(pks_for(members, companies))
    return applied


def apply_all() -> int:
    """Retry matching every waiting event. Return how many were applied."""
    applied, last = 0, 0
    while True:
        pks = list(
            WaitingEvent.objects.waiting()
            .filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", flat=True)[:BATCH_SIZE]
        )
        if not pks:
            return applied
        applied += apply(pks)
        last = pks[-1]


def pks_for(member_ids: Collection[int], company_ids: Collection[int] = ()) -> list[int]:
    """Return the primary keys of events waiting for any of these members, their companies or these companies.

    Each query uses an index on waiting events only.
    """
    waiting = WaitingEvent.objects.waiting()
    if not waiting.exists():
        return []
    confirmed = EmailAddress.objects.filter(user__in=member_ids, verified=True)
    invited = Invitation.objects.filter(member__in=member_ids, accepted_at=None)
    both = confirmed.values_list("email", flat=True).union(invited.values_list("email", flat=True))
    addresses = [canonical_address(email) for email in both]
    found = set(waiting.filter(email__in=addresses).values_list("pk"))
    found |= set(waiting.of_external_ids_of(member_ids).values_list("pk"))
    companies = list(Company.objects.filter(Q(members__in=member_ids) | Q(pk__in=company_ids)).distinct())
    ids = [company.external_id for company in companies if company.external_id]
    domains = [canonical_domain(domain) for company in companies for domain in company.verified_domains]
    found |= set(waiting.filter(company_external_id__in=ids).values_list("pk"))
    found |= set(waiting.filter(domain__in=domains).values_list("pk"))
    return sorted(pk for (pk,) in found)


def apply(pks: Sequence[int]) -> int:
    """Record the waiting events whose member or company is now known, with their original times.

    Return how many were recorded.
    """
    return sum(_apply_batch(pks[start : start + BATCH_SIZE]) for start in range(0, len(pks), BATCH_SIZE))


@transaction.atomic
def _apply_batch(pks: Sequence[int]) -> int:
    rows = list(WaitingEvent.objects.waiting().select_for_update(skip_locked=True).filter(pk__in=pks))
    facts = [inbound_fact_from(row.event) for row in rows]
    found = matches.find([(fact.source, fact.who) for fact in facts])
    applied = 0
    for row, fact, match in zip(rows, facts, found, strict=True):
        if match.found:
            applied += _apply(row, fact, match)
    matches.save_external_ids(
        (fact.source, fact.who, match) for fact, match in zip(facts, found, strict=True)
    )
    return applied


@transaction.atomic
def assign(waiting: WaitingEvent, member: Member, *, actor: Member) -> WaitingEvent:
    """Record the event for this member and save their external id; idempotent."""
    row = WaitingEvent.objects.select_for_update().get(pk=waiting.pk)
    if row.applied_at is not None:
        return row
    if row.external_id:
        ExternalId.objects.get_or_create(
            source=row.source, external_id=row.external_id, defaults={"member": member}
        )
    _apply(row, inbound_fact_from(row.event), Match(member.pk, member.company_id))
    audit("waiting_event.assign", actor=actor, subject=row, after={"member": member.pk})
    return row


@transaction.atomic
def dismiss(waiting: WaitingEvent, *, actor: Member) -> WaitingEvent:
    """Stop waiting: the event is about nobody here. Idempotent."""
    row = WaitingEvent.objects.select_for_update().get(pk=waiting.pk)
    if row.applied_at is None and row.dismissed_at is None:
        row.dismissed_at = timezone.now()
        row.save(update_fields=["dismissed_at"])
        audit("waiting_event.dismiss", actor=actor, subject=row)
    return row


def _apply(row: WaitingEvent, fact: InboundFact, match: Match) -> bool:
    """Record the event, or quarantine it if the catalogue no longer allows its properties."""
    try:
        checked_payload(fact.name, fact.payload, custom=custom_kinds.among([fact.name]))
    except ValueError as error:
        held = quarantined(fact, why=QuarantinedEvent.Why.QUARANTINED, reason=str(error))
        QuarantinedEvent.objects.bulk_create([held], ignore_conflicts=True)
        EventKey.objects.filter(event_id=fact.key).delete()  # can then be released, or sent again
        row.delete()
        return False
    record_all([draft_of(fact, match)])
    row.member_id, row.company_id = match.member_id, match.company_id
    row.applied_at, row.dismissed_at = timezone.now(), None
    row.save(update_fields=["member", "company", "applied_at", "dismissed_at"])
    return True
