"""Parse request items: each becomes an InboundFact, or Malformed with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import timezone
from pydantic import BaseModel, ValidationError

from community.api.inbound_events import COMMERCIAL, INBOUND
from community.api.schemas import Account, EventItem, Person, PurchaseItem
from community.events.catalogue import PURCHASE_COMPLETED, checked_payload

from .inbound_facts import Identity, InboundFact, Malformed

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_AGE = timedelta(days=3653)
MAX_PROBLEMS = 3
# Replacements for pydantic's messages, by field and error type.
MESSAGES = {
    ("currency", "string_pattern_mismatch"): "Use a three-letter currency code, such as EUR",
    ("email", "string_pattern_mismatch"): "This is not a valid email address",
    ("domain", "string_pattern_mismatch"): "This is not a valid domain, such as acme.example",
    ("amount", "decimal_parsing"): "This is not a number; use a decimal point, such as 549.00",
    ("", "string_too_short"): "This is missing",
    ("", "datetime_from_date_parsing"): "This is not a valid time; write it like 2026-03-01T12:00:00Z",
    ("", "datetime_parsing"): "This is not a valid time; write it like 2026-03-01T12:00:00Z",
    ("", "timezone_aware"): "The time zone is missing; write it like 2026-03-01T12:00:00Z",
}

Parsed = InboundFact | Malformed
Item = TypeVar("Item", bound=BaseModel)


def parse_purchases(items: Iterable[Any], *, source: str) -> list[Parsed]:
    """Parse purchases; invalid ones become Malformed."""
    return [
        _parse(item, PurchaseItem, "external_id", lambda found: _purchase(found, source)) for item in items
    ]


def parse_events(items: Iterable[Any], *, source: str, commercial: bool) -> list[Parsed]:
    """Parse events; invalid ones become Malformed. `commercial` allows purchases and subscriptions."""
    return [
        _parse(item, EventItem, "id", lambda found: _event(found, source, commercial=commercial))
        for item in items
    ]


def _parse(item: Any, schema: type[Item], id_field: str, make: Callable[[Item], Parsed]) -> Parsed:
    try:
        return make(schema.model_validate(item))
    except ValidationError as error:
        sent_id = item.get(id_field) if isinstance(item, dict) else None
        return Malformed(str(sent_id)[:200] if isinstance(sent_id, str | int) else "", _reason(error))


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False)[:MAX_PROBLEMS]
    reasons = [f"{'.'.join(map(str, problem['loc'])) or 'item'}: {_message(problem)}" for problem in problems]
    return "; ".join(reasons)[:300]


def _message(problem: ErrorDetails) -> str:
    field = str(problem["loc"][-1]) if problem["loc"] else ""
    return MESSAGES.get((field, problem["type"])) or MESSAGES.get(("", problem["type"])) or problem["msg"]


def _purchase(item: PurchaseItem, source: str) -> Parsed:
    payload: dict[str, Any] = {"external_id": item.external_id}
    if item.products:
        payload["products"] = item.products
    if item.test:
        payload["test"] = True
    return InboundFact(
        source=source,
        source_event_id=f"purchase:{item.external_id}",
        name=PURCHASE_COMPLETED,
        occurred_at=item.occurred_at,
        who=_who(item.buyer, item.account),
        payload=payload,
        channel="billing",
        value_cents=_cents(item.amount),
        currency=item.currency,
        doubt=_doubt(PURCHASE_COMPLETED, item.occurred_at),
    )


def _event(item: EventItem, source: str, *, commercial: bool) -> Parsed:
    doubt = _doubt(item.name, item.occurred_at)
    if item.name in INBOUND:
        if item.name in COMMERCIAL and not commercial:
            return Malformed(item.id, f"{item.name} requires a token with the purchases:write scope.")
        try:
            checked_payload(item.name, item.props)
        except ValueError as error:
            return Malformed(item.id, str(error)[:300])
    return InboundFact(
        source=source,
        source_event_id=f"event:{item.id}",
        name=item.name,
        occurred_at=item.occurred_at,
        who=_who(item.member, item.account),
        payload=item.props,
        channel=item.channel,
        actor_role=item.actor_role,
        value_cents=_cents(item.value.amount) if item.value else None,
        currency=item.value.currency if item.value else "",
        doubt=doubt,
    )


def _who(person: Person, account: Account) -> Identity:
    return Identity(
        external_id=person.external_id or "",
        email=person.email or "",
        company_external_id=account.external_id or "",
        domain=account.domain or "",
    )


def _doubt(name: str, occurred_at: datetime) -> str:
    if name not in INBOUND:
        return f"{name} is not an event that external systems can send."
    if timezone.now() - occurred_at > MAX_AGE:
        return "The date is more than ten years ago. Is it correct?"
    return ""


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
