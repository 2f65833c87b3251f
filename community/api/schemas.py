"""Request and response schemas. Items are validated one by one, so one invalid item does not fail the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic import BaseModel as Model

from community.core import currencies
from community.core.mailboxes import MAX_LENGTH, canonical_address, canonical_domain
from community.core.text import INVISIBLE, has_visible_text
from community.core.validation import storable_json

MAX_ITEMS = 500


def _readable(address: str) -> str:
    """Reject addresses with characters that nobody can see, which would never match a member's."""
    if INVISIBLE.search(address):
        raise ValueError("this contains invisible characters; remove them")
    return address


def _visible(text: str) -> str:
    if not has_visible_text(text):
        raise ValueError("this has no visible characters")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$"),
    AfterValidator(_visible),
]
ExternalId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$"),
    AfterValidator(_visible),
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$",
    ),
    AfterValidator(canonical_address),
    AfterValidator(_readable),
    Field(max_length=MAX_LENGTH),
]
Domain = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, max_length=253, pattern=r"^[^@\s\x00/:]+\.[^@\s\x00/:]+$"
    ),
    AfterValidator(canonical_domain),
    StringConstraints(max_length=253, pattern=r"^[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"),
]
# ASCII digits only: Decimal also accepts 1_000 and the digits of other scripts.
_AMOUNT = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)


def _as_decimal(value: Any) -> Any:
    """Read JSON numbers, which arrive as binary floats, by their repr to get the intended decimal amount."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError("this is not a number; use a decimal point, such as 549.00")
    return value


def _known_currency(code: str) -> str:
    if code not in currencies.CODES:
        raise ValueError("this is not a currency; use an ISO 4217 code, such as EUR")
    return code


Currency = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, max_length=20),
    AfterValidator(_known_currency),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_as_decimal),
    Field(ge=0, max_digits=15, decimal_places=3, allow_inf_nan=False),
]


# Other notations that fromisoformat and pydantic accept, such as weeks or Unix time, are ambiguous.
_MOMENT = re.compile(r"\s*\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?.{0,9}\s*", re.ASCII)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks and time zones may be off by hours, but not by days.
LATEST_AHEAD = timedelta(days=1)


def _written_moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("this is not a valid time; write it like 2026-03-01T12:00:00Z")
    return value.strip()


def _plausible(moment: datetime) -> datetime:
    """Reject times before 1970, in the future, or out of range in UTC."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this is not a valid date in UTC") from error
    if utc < EARLIEST:
        raise ValueError("this is before 1970; correct the year")
    if utc > timezone.now() + LATEST_AHEAD:
        raise ValueError("this is in the future; send only what has already happened")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_plausible)]
Props = Annotated[dict[str, Any], AfterValidator(storable_json)]


Correction = Annotated[
    bool,
    Field(
        strict=True,
        description="Replace what was recorded under this ID before. The old version is retracted and this one counts.",
    ),
]


class _Item(Model):
    model_config = ConfigDict(extra="forbid")


class Person(_Item):
    """A member, identified by their ID in the sending system or their email address."""

    external_id: ExternalId | None = None
    email: Email | None = None


class Account(_Item):
    """A company, identified by its ID in the sending system or a verified email domain."""

    external_id: ExternalId | None = None
    domain: Domain | None = None


class PurchaseItem(_Item):
    """A completed purchase by the buyer or the account. Refunds are separate events (purchase.refunded)."""

    external_id: Text = Field(description="The ID of the order. Sending the same ID again has no effect.")
    occurred_at: Moment = Field(description="A time with a time zone, such as 2026-03-01T12:00:00Z.")
    amount: Amount = Field(
        description="In units of the currency, such as 129.00. An amount of 0 does not count as a conversion.",
    )
    currency: Currency
    products: list[Text] = Field(default_factory=list, max_length=1000)
    buyer: Person = Field(default_factory=Person)
    account: Account = Field(default_factory=Account)
    test: bool = Field(
        False, description="A test order. It is stored and shown, but never counts as a conversion."
    )
    status: Text = Field(
        "paid", description="The status of the order in your system. Orders that are not paid are rejected."
    )
    correction: Correction = False


class Money(_Item):
    amount: Amount
    currency: Currency


class EventItem(_Item):
    """An event outside the community. Names and properties are those of the event catalogue."""

    id: Text = Field(
        description="The ID of the event in your system. Sending the same ID again has no effect."
    )
    name: Text = Field(
        description="The name of the event, such as call.logged, webinar.attended or subscription.cancelled."
    )
    occurred_at: Moment
    member: Person = Field(default_factory=Person)
    account: Account = Field(default_factory=Account)
    channel: Literal[
        "web",
        "email",
        "phone",
        "in-person",
        "social",
        "review-site",
        "crm",
        "billing",
        "product",
        "community",
    ] = "crm"
    actor_role: Literal["member", "staff", "sales", "partner", "system", "api"] = "api"
    value: Money | None = None
    props: Props = Field(default_factory=dict)
    correction: Correction = False


class PersonItem(Person):
    """A person in your system, to link to a member or add as one."""

    external_id: ExternalId
    name: Text | None = Field(None, description="Required for people who are not members yet.")
    account: Account = Field(default_factory=Account)
    joined_at: Moment | None = Field(None, description="When they became known to you. Defaults to now.")


def _list_of(item: type[Model]) -> Any:
    """Return a list type that accepts any items but is documented as a list of `item`."""
    schema = item.model_json_schema()
    definitions = schema.pop("$defs", {})
    return Annotated[
        list[Any],
        WithJsonSchema({"type": "array", "maxItems": MAX_ITEMS, "items": _inline_refs(schema, definitions)}),
    ]


def _inline_refs(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline_refs(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline_refs(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inline_refs(part, definitions) for name, part in schema.items()}


class PurchasesIn(Schema):
    purchases: _list_of(PurchaseItem)  # type: ignore[valid-type]


class EventsIn(Schema):
    events: _list_of(EventItem)  # type: ignore[valid-type]


class PeopleIn(Schema):
    people: _list_of(PersonItem)  # type: ignore[valid-type]


class Result(Schema):
    """The result for one item; `index` is its position in the request."""

    index: int
    id: str
    status: Literal["accepted", "updated", "duplicate", "conflict", "quarantined", "rejected"]
    reason: str = ""


class Results(Schema):
    results: list[Result]


class Property(Schema):
    name: str
    required: bool
    type: Literal["string", "integer", "boolean", "array"]
    minimum: int | None
    maximum: int | None


class EventKind(Schema):
    """An event that can be sent; `scope` is the token scope that it requires."""

    name: str
    description: str
    scope: str
    custom: bool
    properties: list[Property]


class EventKinds(Schema):
    kinds: list[EventKind]


class Problem(Schema):
    detail: str
