"""What callers send and get. Items are read one by one, so that a wrong one does not spoil the rest."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

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

MOST_ITEMS = 500

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")
]
ExternalId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$",
    ),
]
Domain = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, max_length=253, pattern=r"^[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"
    ),
]
Currency = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]
# 129.0 of JSON is a binary fraction; written out it is the amount that was meant.
Amount = Annotated[
    Decimal,
    BeforeValidator(
        lambda value: str(value) if isinstance(value, float | int) and not isinstance(value, bool) else value
    ),
    Field(max_digits=14, decimal_places=2, allow_inf_nan=False),
]

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _in_utc(moment: datetime) -> datetime:
    """Refuse the few hours at both ends of the calendar that have no date in UTC."""
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this is not a valid date in UTC") from error
    return moment


def _keepable(props: dict[str, Any]) -> dict[str, Any]:
    """Refuse what PostgreSQL keeps in no JSON: NUL, half a surrogate pair, numbers without end."""
    try:
        written = json.dumps(props, ensure_ascii=False, allow_nan=False)
        written.encode()
    except (ValueError, RecursionError) as error:
        raise ValueError("this cannot be stored as JSON") from error
    if _NUL.search(written):
        raise ValueError("this contains a NUL character")
    return props


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Props = Annotated[dict[str, Any], AfterValidator(_keepable)]


class _Item(Model):
    model_config = ConfigDict(extra="forbid")


class Person(_Item):
    """A member, as the sending system knows them."""

    external_id: ExternalId | None = None
    email: Email | None = None


class Account(_Item):
    """A company: by its id there, or by an e-mail domain that is confirmed to be its own."""

    external_id: ExternalId | None = None
    domain: Domain | None = None


class PurchaseItem(_Item):
    """Somebody bought something. Refunds are events of their own (purchase.refunded)."""

    external_id: Text = Field(description="The ID of the order. Sending the same ID again has no effect.")
    occurred_at: Moment = Field(description="A time with a time zone, such as 2026-03-01T12:00:00Z.")
    amount: Amount = Field(
        ge=0,
        description="In units of the currency, such as 129.00. An amount of 0 does not count as a conversion.",
    )
    currency: Currency
    products: list[Text] = Field(default_factory=list, max_length=100)
    buyer: Person = Field(default_factory=Person)
    account: Account = Field(default_factory=Account)
    test: bool = Field(
        False, description="A test order. It is stored and shown, but never counts as a conversion."
    )


class Money(_Item):
    amount: Amount
    currency: Currency


class EventItem(_Item):
    """Something that happened outside; the names and properties are those of the event catalogue."""

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


def _listed(item: type[Model]) -> Any:
    """Return the type of a list of any items, that the documentation shows as a list of `item`."""
    shape = item.model_json_schema()
    definitions = shape.pop("$defs", {})
    return Annotated[
        list[Any],
        WithJsonSchema({"type": "array", "maxItems": MOST_ITEMS, "items": _inlined(shape, definitions)}),
    ]


def _inlined(shape: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(shape, list):
        return [_inlined(part, definitions) for part in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(definitions[shape["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in shape.items()}


class PurchasesIn(Schema):
    purchases: _listed(PurchaseItem)  # type: ignore[valid-type]


class EventsIn(Schema):
    events: _listed(EventItem)  # type: ignore[valid-type]


class Result(Schema):
    """What became of one item; `index` is its place in the call."""

    index: int
    id: str
    status: Literal["accepted", "duplicate", "conflict", "quarantined", "rejected"]
    reason: str = ""


class Results(Schema):
    results: list[Result]


class Problem(Schema):
    detail: str
