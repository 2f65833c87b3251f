"""Release quarantined facts after review."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.api.inbound_events import COMMERCIAL, is_inbound
from community.api.models import ApiToken, QuarantinedEvent
from community.core.audit import audit
from community.events.catalogue import checked_payload
from community.events.services import custom_kinds

from .inbound_facts import InboundFact, inbound_fact_from
from .ingestion import ingest

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def release(row: QuarantinedEvent, *, actor: Member) -> str:
    """Ingest a quarantined fact that was reviewed. Return why not, or an empty string on success.

    Its age no longer matters, but its name must be in the catalogue. If its ID is already recorded, this is a
    correction: the recorded version is retracted. Rows already resolved are left unchanged.
    """
    row = QuarantinedEvent.objects.select_for_update().get(pk=row.pk)
    if row.resolved_at is not None:
        return ""
    is_correction = row.why == QuarantinedEvent.Why.CONFLICT
    fact = replace(inbound_fact_from(row.item), doubt="", corrects=is_correction)
    if objection := _objection(fact):
        return objection
    (result,) = ingest([fact])
    if result.status not in ("accepted", "updated", "duplicate"):
        return result.reason
    row.resolved_at = timezone.now()
    row.save(update_fields=["resolved_at"])
    audit("set_aside.let_in", actor=actor, subject=row, after={"event": fact.name}, reason=row.reason)
    return ""


def _objection(fact: InboundFact) -> str:
    custom = custom_kinds.among([fact.name])
    if not is_inbound(fact.name, custom):
        return _("%(name)s is not an event that external systems can send.") % {"name": fact.name}
    if fact.name in COMMERCIAL and not _may_send_purchases(fact.source):
        return _("%(name)s requires a token with the purchases:write scope.") % {"name": fact.name}
    try:
        checked_payload(fact.name, fact.payload, custom=custom)
    except ValueError as error:
        return str(error)
    return ""


def _may_send_purchases(source: str) -> bool:
    """Return whether the source may send purchases now; imported files have no token and may."""
    tokens = ApiToken.objects.filter(source=source)
    return not tokens.exists() or any(
        ApiToken.Scope.PURCHASES in token.scopes for token in tokens.filter(revoked_at=None)
    )
