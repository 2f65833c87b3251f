"""Import purchases from CSV files, all or nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from community.api.models import EventKey, PurchaseFile, inbound_event_id
from community.api.schemas import MAX_ITEMS
from community.api.services import csv_files, retries, withdrawals
from community.api.services.inbound_facts import InboundFact, Malformed
from community.api.services.ingestion import IN_FUTURE, MOVED, Result, ingest
from community.api.services.order_statuses import Meaning
from community.api.services.parsers import Parsed, parse_events, parse_purchases
from community.api.services.purchase_files import columns, orders, values
from community.api.services.purchase_files.columns import Columns
from community.api.services.purchase_files.orders import Grouped, Order
from community.api.services.purchase_files.values import AmountReader, DateReader, Mark
from community.core.currencies import to_cents
from community.events.catalogue import PURCHASE_REFUNDED

MAX_PROBLEMS = 50
# The file's fields for the API fields that reasons from `parsers` name.
_FIELDS = {
    "external_id": "external_id",
    "id": "external_id",
    "occurred_at": "occurred_at",
    "amount": "amount",
    "value.amount": "refunded_amount",
    "currency": "currency",
    "products": "products",
    "buyer.email": "buyer_email",
    "member.email": "buyer_email",
    "buyer.external_id": "buyer_external_id",
    "member.external_id": "buyer_external_id",
    "account.external_id": "account_external_id",
    "account.domain": "account_domain",
}
_YES = ("1", "true", "yes", "y", "test")


@dataclass(frozen=True)
class Options:
    """How to read what the file leaves open. `source` defaults to the name of the format."""

    source: str = ""
    format: str = ""
    encoding: str = ""
    dates: values.Order = ""
    decimal: Mark = ""
    currency: str = ""
    zone: tzinfo = UTC
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    any_age: bool = False
    correct: bool = False


@dataclass
class Outcome:
    """The result of an import: how the file was read, counts by status, and problems with their lines.

    `unmatched` facts are also counted as accepted or updated.
    """

    table: csv_files.Table
    columns: Columns
    source: str
    grouped: Grouped
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)
    seen_before: PurchaseFile | None = None


def import_purchases(path: Path, *, options: Options, dry_run: bool) -> Outcome:
    """Import every order in one transaction; idempotent.

    Invalid rows are reported and skipped. Raises InvalidFile, and imports nothing, if the file as a whole cannot be
    read.
    """
    return retries.on_deadlock(lambda: _import(path, options, dry_run=dry_run))


def _import(path: Path, options: Options, *, dry_run: bool) -> Outcome:
    data = csv_files.read_bytes(path)
    table = csv_files.table_of(data, encoding=options.encoding)
    chosen = columns.choose(table.header, named=options.format)
    source = options.source or ("csv" if chosen.format is columns.GENERIC else chosen.format.name)
    grouped = orders.group(table.rows(), chosen, statuses=options.statuses)
    sha256 = hashlib.sha256(data).hexdigest()
    outcome = Outcome(table, chosen, source, grouped)
    outcome.counts["duplicate"] = grouped.repeated
    outcome.seen_before = PurchaseFile.objects.filter(sha256=sha256, source=source).first()
    reader = _Reader(grouped, chosen, source, options)
    with transaction.atomic():
        facts = reader.facts()
        while batch := list(islice(facts, MAX_ITEMS)):
            results = ingest([fact for _, fact in batch], dry_run=dry_run)
            for (line, fact), result in zip(batch, results, strict=True):
                _count(outcome, line, fact, result)
        _withdraw_unpaid(outcome, correct=options.correct, dry_run=dry_run)
        if not dry_run:
            counts = {name: count for name, count in outcome.counts.items() if count}
            PurchaseFile.objects.create(name=path.name[:200], sha256=sha256, source=source, counts=counts)
    outcome.problems.sort()
    return outcome


def _count(outcome: Outcome, line: int, fact: Parsed, result: Result) -> None:
    outcome.counts[result.status] += 1
    if not result.matched:
        outcome.counts["unmatched"] += 1
    if isinstance(fact, InboundFact) and fact.name == PURCHASE_REFUNDED and result.status == "accepted":
        outcome.counts["refunds"] += 1
    is_problem = result.status in ("conflict", "quarantined", "rejected") or result.reason in (
        IN_FUTURE,
        MOVED,
    )
    if is_problem or IN_FUTURE in result.reason:
        outcome.problems.append((line, f"{result.status}: {result.reason}"))


def _withdraw_unpaid(outcome: Outcome, *, correct: bool, dry_run: bool) -> None:
    """Withdraw purchases imported earlier whose orders, according to this file, were not paid after all."""
    lines = {f"purchase:{order.id}": order for order in outcome.grouped.unpaid_orders}
    known = withdrawals.withdraw(outcome.source, lines, dry_run=dry_run or not correct)
    outcome.counts["withdrawn"] = len(known) if correct else 0
    for source_event_id in known if not correct else ():
        order = lines[source_event_id]
        sentence = (
            f"conflict: order {order.id} is “{order.text['status']}” now, but its purchase was imported "
            "earlier and still counts. Use --correct to withdraw it."
        )
        outcome.counts["conflict"] += 1
        outcome.problems.append((order.line, sentence))


class _Reader:
    """Turn orders into facts: a purchase, a refund or both."""

    def __init__(self, grouped: Grouped, chosen: Columns, source: str, options: Options) -> None:
        self.orders, self.columns, self.source, self.options = grouped.orders, chosen, source, options
        valid = [order for order in self.orders if not order.problem]
        dates = orders.texts(valid, "occurred_at", "refunded_at")
        order_of_dates = values.order_of_dates(dates, wanted=options.dates)
        amounts = [
            (order.line, order.text[name], order.text["currency"] or options.currency)
            for order in valid
            for name in ("amount", "refunded_amount")
            if order.text[name]
        ]
        mark = values.mark_of_amounts(amounts, wanted=options.decimal)
        self.dates = DateReader(order_of_dates, options.zone)
        self.amounts = AmountReader(mark, options.currency)
        self.purchases = {order.id for order in valid if not order.is_refund} | self._recorded()
        self.refunds: Counter[str] = Counter()

    def facts(self) -> Iterator[tuple[int, Parsed]]:
        for order in self.orders:
            for fact in self._facts_of(order):
                yield order.line, fact

    def _recorded(self) -> set[str]:
        """Return which orders refunded by the file's negative rows were imported before."""
        wanted = {
            inbound_event_id(self.source, f"purchase:{order.id}"): order.id
            for order in self.orders
            if order.is_refund
        }
        found = EventKey.objects.filter(event_id__in=wanted).values_list("event_id", flat=True)
        return {wanted[key] for key in found}

    def _facts_of(self, order: Order) -> list[Parsed]:
        if order.problem:
            return [Malformed(order.id, order.problem)]
        try:
            amount, currency = self._amount(order, "amount")
            refunded = self._refunded(order, amount)
            item = self._item(order, amount, currency)
            refund = (
                self._refund_item(order, item, refunded, is_full=refunded >= amount) if refunded else None
            )
        except ValueError as error:
            return [Malformed(order.id, str(error))]
        facts = (
            []
            if order.is_refund
            else parse_purchases([item], source=self.source, any_age=self.options.any_age)
        )
        if refund and not any(isinstance(fact, Malformed) for fact in facts):
            facts += parse_events([refund], source=self.source, commercial=True, any_age=self.options.any_age)
        return [self._in_columns(fact) for fact in facts]

    def _item(self, order: Order, amount: Decimal, currency: str) -> dict[str, Any]:
        item = {
            "external_id": order.id,
            "occurred_at": self._date(order, "occurred_at"),
            "amount": str(abs(amount)),
            "currency": currency,
            "products": [name[:200] for name in order.products[:1000]],
            "buyer": _given(external_id=self._id(order, "buyer_external_id"), email=self._email(order)),
            "account": _given(
                external_id=self._id(order, "account_external_id"), domain=order.text["account_domain"]
            ),
            "test": order.text["test"].lower() in _YES,
            "correction": self.options.correct,
        }
        if not (item["buyer"] or item["account"]):
            names = ", ".join(
                self.columns.column(name) for name in columns.IDENTITY if name in self.columns.fields
            )
            raise ValueError(
                f"{names}: the row does not say who the buyer is. Fill in at least one of these."
            )
        return item

    def _refund_item(
        self, order: Order, item: Mapping[str, Any], refunded: Decimal, *, is_full: bool
    ) -> dict[str, Any]:
        if order.is_refund and order.id not in self.purchases:
            raise ValueError(
                f"{self.columns.column('amount')}: “{order.text['amount']}” is negative, so this is a refund, but there is "
                f"no purchase with the ID {order.id}. Use the ID of the refunded order in this row."
            )
        self.refunds[order.id] += 1
        number = self.refunds[order.id]
        return {
            "id": f"refund:{order.id}" + (f":{number}" if number > 1 else ""),
            "name": PURCHASE_REFUNDED,
            "occurred_at": self._date(order, "refunded_at")
            if order.text["refunded_at"]
            else item["occurred_at"],
            "member": item["buyer"],
            "account": item["account"],
            "channel": "billing",
            "value": {"amount": str(refunded), "currency": item["currency"]},
            "props": {"external_id": order.id, "full": is_full and not order.is_refund},
            # The export has the total refunded so far, which may be more next time.
            "correction": True,
        }

    def _refunded(self, order: Order, amount: Decimal) -> Decimal:
        """Return how much was refunded; 0 if nothing. Raises ValueError."""
        if order.is_refund:
            return abs(amount)
        given = self._amount(order, "refunded_amount")[0] if order.text["refunded_amount"] else Decimal(0)
        if abs(given) > amount:
            raise ValueError(
                f"{self.columns.column('refunded_amount')}: “{order.text['refunded_amount']}” is more than the order's "
                f"{self.columns.column('amount')}, “{order.text['amount']}”. Correct one of them."
            )
        if order.meaning is Meaning.REFUNDED:
            return abs(given) or amount
        if order.meaning is Meaning.PARTLY_REFUNDED and not given:
            raise ValueError(
                f"{self.columns.column('status')}: “{order.text['status']}”, but the row does not say how much was "
                f"refunded. Fill in {self.columns.column('refunded_amount')}."
            )
        return abs(given)

    def _amount(self, order: Order, name: str) -> tuple[Decimal, str]:
        if not order.text[name]:
            raise ValueError(f"{self.columns.column(name)}: This is missing")
        try:
            amount, currency = self.amounts.read(order.text[name], order.text["currency"])
            to_cents(amount, currency)
        except ValueError as error:
            sentence = str(error)
            says = sentence if sentence.startswith(("is ", "has ")) else f"is rejected: {sentence}"
            raise ValueError(f"{self.columns.column(name)}: “{order.text[name]}” {says}") from error
        return amount, currency

    def _date(self, order: Order, name: str) -> str:
        if not order.text[name]:
            raise ValueError(f"{self.columns.column(name)}: This is missing")
        try:
            moment: datetime = self.dates.read(order.text[name])
        except ValueError as error:
            raise ValueError(f"{self.columns.column(name)}: “{order.text[name]}” {error}") from error
        return moment.isoformat()

    def _id(self, order: Order, name: str) -> str:
        """Return the ID; the first of several, and none for guests."""
        first = re.split(r"[;,]", order.text[name])[0].strip()
        return "" if first == self.columns.format.guest else first

    def _email(self, order: Order) -> str:
        """Return the address in text such as “Ann Example (ann@example.com)”; the first of several."""
        first = re.split(r"[;,]", order.text["buyer_email"])[0].strip()
        if self.columns.format.names_buyers and "@" not in first:
            return ""
        found = re.fullmatch(r".*[(<]\s*([^\s()<>]+@[^\s()<>]+)\s*[)>]", first)
        return found[1] if found else first

    def _in_columns(self, fact: Parsed) -> Parsed:
        """Replace the API's field names in a reason by the file's column names."""
        if not isinstance(fact, Malformed):
            return fact
        parts = [part.partition(": ") for part in fact.reason.split("; ")]
        named = [
            (self.columns.column(_FIELDS.get(where, where)), colon, rest) for where, colon, rest in parts
        ]
        return Malformed(fact.source_event_id, "; ".join("".join(part) for part in named))


def _given(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}
