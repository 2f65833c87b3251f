"""Parse request items: each becomes an InboundFact, or Malformed with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import timezone
from pydantic import BaseModel, ValidationError

from community.api.inbound_events import COMMERCIAL, is_inbound
from community.api.schemas import Account, EventItem, Person, PurchaseItem
from community.core import currencies
from community.core.text import has_visible_text
from community.events.catalogue import (
    PURCHASE_COMPLETED,
    PURCHASE_REFUNDED,
    EventType,
    checked_payload,
    shortened,
)
from community.events.models import KIND_NAME
from community.events.services import custom_kinds

from . import order_statuses
from .inbound_facts import Identity, InboundFact, Malformed

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_AGE = timedelta(days=3653)
MAX_PROBLEMS = 3
NOBODY = "Say who this is about: a person's external_id or email, or a company's external_id or domain."
NEGATIVE = "Amounts cannot be negative; send refunds as purchase.refunded events"
TEXT, BOOLEAN, LIST, OBJECT = (
    "This must be text, in quotes",
    "This must be true or false",
    "This must be a list, in brackets",
    "This must be an object, in braces",
)
# Replacements for pydantic's messages, by field and error type; the error's context fills the placeholders.
MESSAGES = {
    ("email", "string_pattern_mismatch"): "This is not a valid email address",
    ("domain", "string_pattern_mismatch"): "This is not a valid domain, such as acme.example",
    ("", "string_too_short"): "This is missing",
    ("", "missing"): "This is missing",
    ("", "extra_forbidden"): "This field does not exist",
    ("", "string_pattern_mismatch"): "This contains a NUL character; remove it",
    ("", "datetime_from_date_parsing"): "This is not a valid time; write it like 2026-03-01T12:00:00Z",
    ("", "datetime_parsing"): "This is not a valid time; write it like 2026-03-01T12:00:00Z",
    ("", "timezone_aware"): "The time zone is missing; write it like 2026-03-01T12:00:00Z",
    ("", "decimal_max_places"): "This has too many decimal places",
    ("", "decimal_max_digits"): "This is too large for an amount",
    ("", "decimal_whole_digits"): "This is too large for an amount",
    ("", "greater_than_equal"): NEGATIVE,
    ("", "string_type"): TEXT,
    ("", "string_too_long"): "This is longer than {max_length} characters",
    ("", "bool_type"): BOOLEAN,
    ("", "bool_parsing"): BOOLEAN,
    ("", "list_type"): LIST,
    ("", "too_long"): "This list has more than {max_length} entries",
    ("", "dict_type"): OBJECT,
    ("", "model_type"): OBJECT,
    ("", "model_attributes_type"): OBJECT,
    ("", "literal_error"): "This must be one of {expected}",
}

Parsed = InboundFact | Malformed
Item = TypeVar("Item", bound=BaseModel)


def parse_purchases(items: Iterable[Any], *, source: str, any_age: bool = False) -> list[Parsed]:
    """Parse purchases; invalid ones become Malformed. With `any_age`, old ones are not quarantined."""
    return [
        _parse(item, PurchaseItem, "external_id", lambda found: _purchase(found, source, any_age=any_age))
        for item in items
    ]


def parse_events(
    items: Iterable[Any], *, source: str, commercial: bool, any_age: bool = False
) -> list[Parsed]:
    """Parse events; invalid ones become Malformed. `commercial` allows purchases and subscriptions."""
    items = list(items)
    custom = custom_kinds.among(_names(items))
    return [
        _parse(
            item,
            EventItem,
            "id",
            lambda found: _event(found, source, custom, commercial=commercial, any_age=any_age),
        )
        for item in items
    ]


def _parse(item: Any, schema: type[Item], id_field: str, make: Callable[[Item], Parsed]) -> Parsed:
    try:
        return make(schema.model_validate(item))
    except ValidationError as error:
        return malformed(item, id_field, error)


def malformed(item: Any, id_field: str, error: ValidationError) -> Malformed:
    """Return the problems of an item, with its ID if it has one."""
    sent_id = item.get(id_field) if isinstance(item, dict) else None
    return Malformed(str(sent_id)[:200] if isinstance(sent_id, str | int) else "", _reason(error))


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False)[:MAX_PROBLEMS]
    return "; ".join(_sentence(problem) for problem in problems)[:300]


def _sentence(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"])) or "item"
    field = str(problem["loc"][-1]) if problem["loc"] else ""
    message = MESSAGES.get((field, problem["type"])) or MESSAGES.get(("", problem["type"])) or problem["msg"]
    if problem["type"] == "value_error":
        message = message.removeprefix("Value error, ")
        message = message[:1].upper() + message[1:]
    return f"{where}: {message.format_map(problem.get('ctx', {}))}{_got(problem)}"


def _got(problem: ErrorDetails) -> str:
    """Quote the invalid value if it is short."""
    value = problem["input"]
    is_quotable = isinstance(value, str | int | float | Decimal) and has_visible_text(str(value))
    if problem["type"] in ("missing", "extra_forbidden") or not is_quotable:
        return ""
    return f" (got {shortened(value)})"


def _purchase(item: PurchaseItem, source: str, *, any_age: bool) -> Parsed:
    if objection := _objection_to_status(item.status):
        return Malformed(item.external_id, objection)
    about = who(item.buyer, item.account)
    if not about.is_known:
        return Malformed(item.external_id, f"buyer: {NOBODY}")
    payload: dict[str, Any] = {"external_id": item.external_id}
    if item.products:
        payload["products"] = item.products
    if item.test:
        payload["test"] = True
    try:
        cents = currencies.to_cents(item.amount, item.currency)
    except ValueError as error:
        return Malformed(item.external_id, f"amount: {error} (got {item.amount})")
    return InboundFact(
        source=source,
        source_event_id=f"purchase:{item.external_id}",
        name=PURCHASE_COMPLETED,
        occurred_at=item.occurred_at,
        who=about,
        payload=payload,
        channel="billing",
        value_cents=cents,
        currency=item.currency,
        doubt="" if any_age else _doubt(item.occurred_at),
        corrects=item.correction,
    )


def _objection_to_status(status: str) -> str:
    """Return why an order with this status is not a purchase; empty if it is."""
    match order_statuses.meaning(status):
        case order_statuses.Meaning.PAID:
            return ""
        case order_statuses.Meaning.REFUNDED | order_statuses.Meaning.PARTLY_REFUNDED:
            return (
                f"status: {shortened(status)} means both a purchase and a refund. Send the purchase with the status "
                '"paid", and the refund as a purchase.refunded event to /api/v1/events.'
            )
        case order_statuses.Meaning.UNPAID:
            return f"status: {shortened(status)} is not paid. Send the order once it is paid."
    return f"status: {shortened(status)} is not a known status. Use one of: {', '.join(order_statuses.PAID)}."


def _names(items: Iterable[Any]) -> set[str]:
    named = (item.get("name") for item in items if isinstance(item, dict))
    return {name for name in named if isinstance(name, str) and re.match(KIND_NAME, name)}


def _event(
    item: EventItem, source: str, custom: Mapping[str, EventType], *, commercial: bool, any_age: bool
) -> Parsed:
    if objection := _objection(item, custom, commercial=commercial):
        return Malformed(item.id, objection[:300])
    about = who(item.member, item.account)
    if not about.is_known:
        return Malformed(item.id, f"member: {NOBODY}")
    try:
        cents = currencies.to_cents(item.value.amount, item.value.currency) if item.value else None
    except ValueError as error:
        return Malformed(item.id, f"value.amount: {error} (got {item.value.amount if item.value else ''})")
    if not is_inbound(item.name, custom):
        doubt = (
            f"{item.name} is not an event that external systems can send. GET /api/v1/event-kinds lists them."
        )
    else:
        doubt = "" if any_age else _doubt(item.occurred_at)
    return InboundFact(
        source=source,
        source_event_id=f"event:{item.id}",
        name=item.name,
        occurred_at=item.occurred_at,
        who=about,
        payload=item.props,
        channel=item.channel,
        actor_role=item.actor_role,
        value_cents=cents,
        currency=item.value.currency if item.value else "",
        doubt=doubt,
        corrects=item.correction,
    )


def _objection(item: EventItem, custom: Mapping[str, EventType], *, commercial: bool) -> str:
    """Return why the event's name or properties are rejected; empty if they are valid."""
    if not is_inbound(item.name, custom):
        return ""  # quarantined
    if item.name in COMMERCIAL and not commercial:
        return f"{item.name} requires a token with the purchases:write scope."
    try:
        checked_payload(item.name, item.props, custom=custom)
    except ValueError as error:
        return str(error)
    if item.name == PURCHASE_REFUNDED and not item.props["full"] and item.value is None:
        return "value: Send the amount refunded, or full: true."
    return ""


def who(person: Person, account: Account) -> Identity:
    """Return whom an item is about."""
    return Identity(
        external_id=person.external_id or "",
        email=person.email or "",
        company_external_id=account.external_id or "",
        domain=account.domain or "",
    )


def _doubt(occurred_at: datetime) -> str:
    if timezone.now() - occurred_at > MAX_AGE:
        return "The date is more than ten years ago. Is it correct?"
    return ""
