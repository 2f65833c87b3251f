"""Events that wait for a member or company not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from community.api.models import ExternalId, WaitingEvent
from community.core.audit import audit
from community.events.services.recording import record_all
from community.members.models import Company

from . import matches
from .inbound_facts import inbound_fact_from
from .ingestion import draft_of
from .matches import Match

if TYPE_CHECKING:
    from community.members.models import Member

BATCH_SIZE = 500


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


def pks_for(member_ids: Iterable[int]) -> list[int]:
    """Return the primary keys of events waiting for any of these members or their companies."""
    if not WaitingEvent.objects.waiting().exists():
        return []
    addresses = EmailAddress.objects.filter(user__in=member_ids, verified=True).annotate(lower=Lower("email"))
    companies = list(Company.objects.filter(members__in=member_ids).distinct())
    theirs = (
        Q(email__in=addresses.values("lower"))
        | Q(domain__in=[domain for company in companies for domain in company.verified_domains])
        | Q(company_external_id__in=[company.external_id for company in companies if company.external_id])
    )
    return list(WaitingEvent.objects.waiting().filter(theirs).values_list("pk", flat=True))


@transaction.atomic
def apply(pks: Sequence[int]) -> int:
    """Record the waiting events whose member or company is now known, with their original times.

    Return how many were recorded.
    """
    rows = list(WaitingEvent.objects.waiting().select_for_update(skip_locked=True).filter(pk__in=pks))
    facts = [inbound_fact_from(row.event) for row in rows]
    found = matches.find([(fact.source, fact.who) for fact in facts])
    for row, match in zip(rows, found, strict=True):
        if match.found:
            _apply(row, match)
    matches.save_external_ids(
        (fact.source, fact.who, match) for fact, match in zip(facts, found, strict=True)
    )
    return sum(match.found for match in found)


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
    _apply(row, Match(member.pk, member.company_id))
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


def _apply(row: WaitingEvent, match: Match) -> None:
    record_all([draft_of(inbound_fact_from(row.event), match)])
    row.member_id, row.company_id = match.member_id, match.company_id
    row.applied_at, row.dismissed_at = timezone.now(), None
    row.save(update_fields=["member", "company", "applied_at", "dismissed_at"])
