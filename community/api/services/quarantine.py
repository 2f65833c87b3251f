"""Quarantined facts, and releasing one after a person has looked at it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.api.models import ApiToken, SetAside
from community.api.outside import COMMERCIAL, NAMES
from community.core.audit import audit
from community.events.catalogue import checked_payload

from .inbound_facts import InboundFact, inbound_fact_from
from .ingestion import ingest

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def release(row: SetAside, *, actor: Member) -> str:
    """Release a quarantined fact that a person has looked at; return why not, empty when it was released.

    That it is old is then no reason to doubt it. What the catalogue does not know stays out. A row that was
    dealt with already is left as it is.
    """
    row = SetAside.objects.select_for_update().get(pk=row.pk)
    if row.resolved_at is not None:
        return ""
    if row.why != SetAside.Why.QUARANTINED:
        return _("This ID was already used with different content. Only the first version counts.")
    fact = replace(inbound_fact_from(row.item), doubt="")
    if objection := _objection(fact):
        return objection
    (answer,) = ingest([fact])
    if answer.status not in ("accepted", "duplicate"):
        return answer.reason
    row.resolved_at = timezone.now()
    row.save(update_fields=["resolved_at"])
    audit("set_aside.let_in", actor=actor, subject=row, after={"event": fact.name}, reason=row.reason)
    return ""


def _objection(fact: InboundFact) -> str:
    if fact.name not in NAMES:
        return _("%(name)s is not an event that external systems can send.") % {"name": fact.name}
    if fact.name in COMMERCIAL and not _may_tell_of_purchases(fact.source):
        return _("%(name)s requires a token with the purchases:write scope.") % {"name": fact.name}
    try:
        checked_payload(fact.name, fact.payload)
    except ValueError as error:
        return str(error)
    return ""


def _may_tell_of_purchases(source: str) -> bool:
    """Whether the source may today; purchases from files come without a token."""
    tokens = ApiToken.objects.filter(source=source)
    return not tokens.exists() or any(
        ApiToken.Scope.PURCHASES in token.scopes for token in tokens.filter(revoked_at=None)
    )
