"""The columns of purchase files: our own names, and those in exports from shops and CRMs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from community.api.services.csv_files import InvalidFile
from community.api.services.order_statuses import Meaning

# What a column can mean, as shown to people.
FIELDS = {
    "external_id": "order ID",
    "occurred_at": "date",
    "amount": "amount",
    "currency": "currency",
    "products": "products",
    "status": "status",
    "refunded_amount": "refunded amount",
    "refunded_at": "date of the refund",
    "buyer_email": "email address of the buyer",
    "buyer_external_id": "ID of the buyer",
    "account_external_id": "ID of the company",
    "account_domain": "domain of the company",
    "test": "test order",
    "captured": "captured",
}
REQUIRED = ("external_id", "occurred_at", "amount")
MAX_LISTED = 500
IDENTITY = ("buyer_email", "buyer_external_id", "account_external_id", "account_domain")


@dataclass(frozen=True)
class Format:
    """The columns of one file format. A file is recognised if it has one column of each group in `needs`.

    If several columns map to one field, the first that is not empty in a row counts.
    """

    name: str
    title: str
    columns: Mapping[str, Sequence[str]]
    needs: Sequence[Sequence[str]] = ()
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    guest: str = ""  # the ID that buyers without an account have
    names_buyers: bool = False  # the buyer's name stands where the address is, if there is none


GENERIC = Format(
    name="generic",
    title="a file with our column names",
    columns={
        "external_id": ("external_id", "order_id", "order", "id", "transaction_id", "order_number"),
        "occurred_at": ("occurred_at", "date", "ordered_at", "purchased_at", "created_at", "order_date"),
        "amount": ("amount", "total", "value", "price", "order_total"),
        "currency": ("currency", "currency_code"),
        "products": ("products", "product", "items", "product_name"),
        "status": ("status", "order_status", "payment_status", "financial_status"),
        "refunded_amount": ("refunded_amount", "amount_refunded", "refund_amount"),
        "refunded_at": ("refunded_at", "refund_date"),
        "buyer_email": ("buyer_email", "email", "customer_email", "e_mail", "email_address"),
        "buyer_external_id": ("buyer_external_id", "customer_id", "buyer_id", "contact_id"),
        "account_external_id": ("account_external_id", "account_id", "company_id"),
        "account_domain": ("account_domain", "domain", "company_domain"),
        "test": ("test", "is_test"),
    },
)
SHOPIFY = Format(
    name="shopify",
    title="an export of orders from Shopify",
    needs=(
        ("financial_status",),
        ("name",),
        ("created_at", "paid_at"),
        ("lineitem_name", "lineitem_quantity"),
    ),
    columns={
        "external_id": ("name",),
        "occurred_at": ("paid_at", "created_at"),
        "amount": ("total",),
        "currency": ("currency",),
        "products": ("lineitem_name",),
        "status": ("financial_status",),
        "refunded_amount": ("refunded_amount",),
        "refunded_at": ("cancelled_at",),
        "buyer_email": ("email",),
    },
)
STRIPE = Format(
    name="stripe",
    title="an export of payments from Stripe",
    needs=(("created_utc", "created_date_utc"), ("amount_refunded",), ("status",)),
    columns={
        "external_id": ("id",),
        "occurred_at": ("created_date_utc", "created_utc"),
        "amount": ("amount",),
        "currency": ("currency",),
        "products": ("description",),
        "status": ("status",),
        "captured": ("captured",),
        "refunded_amount": ("amount_refunded",),
        "refunded_at": ("refunded_date_utc",),
        "buyer_email": ("customer_email",),
        "buyer_external_id": ("customer_id",),
        "test": ("mode",),
    },
    statuses={"blocked": Meaning.UNPAID, "requires_payment_method": Meaning.UNPAID},
)
WOOCOMMERCE = Format(
    name="woocommerce",
    title="an export of orders from WooCommerce",
    needs=(
        ("order_status", "status"),
        ("billing_email", "email_billing"),
        ("order_total", "order_total_amount", "total"),
    ),
    columns={
        "external_id": ("order_number", "order_id", "id"),
        "occurred_at": ("paid_date", "date_paid", "order_date", "date_created", "date"),
        "amount": ("order_total_amount", "order_total", "total"),
        "currency": ("order_currency", "currency"),
        "products": ("item_name", "product_name", "order_items"),
        "status": ("order_status", "status"),
        "refunded_amount": ("order_refund_amount", "total_refunded", "refunded_total"),
        "refunded_at": ("refund_date",),
        "buyer_email": ("billing_email", "email_billing", "customer_email"),
        "buyer_external_id": ("customer_id", "customer_user", "customer_user_id"),
    },
    guest="0",
)
HUBSPOT = Format(
    name="hubspot",
    title="an export of deals from HubSpot",
    needs=(("deal_stage",), ("record_id", "deal_id")),
    columns={
        "external_id": ("record_id", "deal_id"),
        "occurred_at": ("close_date",),
        "amount": ("amount",),
        "currency": ("currency", "deal_currency_code"),
        "products": ("deal_name",),
        "status": ("deal_stage",),
        "buyer_email": (
            "associated_contact_email",
            "associated_contact_emails",
            "associated_contact",
            "associated_contacts",
        ),
        "buyer_external_id": ("associated_contact_ids", "associated_contact_id"),
        "account_external_id": (
            "associated_company_ids",
            "associated_company_id",
            "associated_company_ids_primary",
        ),
    },
    names_buyers=True,
    statuses=dict.fromkeys(
        (
            "appointment scheduled",
            "qualified to buy",
            "presentation scheduled",
            "decision maker bought in",
            "contract sent",
        ),
        Meaning.UNPAID,
    ),
)
FORMATS = {one.name: one for one in (GENERIC, SHOPIFY, STRIPE, WOOCOMMERCE, HUBSPOT)}


@dataclass(frozen=True)
class Columns:
    """How the columns of a file are read, by index."""

    format: Format
    header: Sequence[str]
    fields: Mapping[str, Sequence[int]]
    was_named: bool

    def value(self, row: Sequence[str], name: str) -> str:
        """Return the field's first value in the row that is not empty."""
        cells = (self.cell(row, index) for index in self.fields.get(name, ()))
        return next((cell for cell in cells if cell), "")

    @staticmethod
    def cell(row: Sequence[str], index: int) -> str:
        """Return the cell without spaces around it; empty if the row is shorter."""
        return row[index].strip() if index < len(row) else ""

    def column(self, name: str) -> str:
        """Return the name of the field's column in the file, for messages."""
        indexes = self.fields.get(name, ())
        return " or ".join(self.header[index] for index in indexes) or FIELDS.get(name, name)

    @property
    def ignored(self) -> list[str]:
        used = {index for indexes in self.fields.values() for index in indexes}
        return [name for index, name in enumerate(self.header) if index not in used and name]


def choose(header: Sequence[str], *, named: str = "", currency: str = "") -> Columns:
    """Return how the columns are read, in the named format or the one recognised by the header. Raises InvalidFile."""
    plain = [_plain(name) for name in header]
    chosen = (
        FORMATS[named] if named else next((one for one in FORMATS.values() if _is_of(plain, one)), GENERIC)
    )
    fields: dict[str, list[int]] = {}
    for name, aliases in chosen.columns.items():
        if indexes := [plain.index(alias) for alias in aliases if alias in plain]:
            fields[name] = indexes if chosen is not GENERIC else [min(indexes)]
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        raise InvalidFile(
            f"Missing columns: {', '.join(missing)}. The first line must name the columns; it contains: {_listed(header)}. "
            "`import_purchases --help` lists the names."
        )
    if not set(IDENTITY) & fields.keys():
        raise InvalidFile(
            f"No column identifies the buyer: one of {', '.join(IDENTITY)} is needed. The columns are: {_listed(header)}."
        )
    return Columns(chosen, header, fields, was_named=bool(named))


def _listed(header: Sequence[str]) -> str:
    listed = ", ".join(name for name in header if name)
    return listed if len(listed) <= MAX_LISTED else f"{listed[:MAX_LISTED]}…"


def _is_of(header: Sequence[str], one: Format) -> bool:
    return bool(one.needs) and all(any(name in header for name in group) for group in one.needs)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def describe() -> str:
    """Describe the columns and their aliases, for the command's help."""
    described = {
        name: f"{names[0]} (or {', '.join(names[1:])})" if names[1:] else names[0]
        for name, names in GENERIC.columns.items()
    }
    needed = "; ".join(described.pop(name) for name in (*REQUIRED, "currency"))
    who = "; ".join(described.pop(name) for name in IDENTITY)
    return (
        f"The first line names the columns. Required: {needed}; and one of these, which identify the buyer: {who}. "
        f"Optional: {'; '.join(described.values())}. Exports from Shopify (orders), Stripe (payments), WooCommerce (orders) "
        "and HubSpot (deals) are recognised by their columns."
    )
