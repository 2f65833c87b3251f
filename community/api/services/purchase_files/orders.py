"""Group the rows of a file into orders: exports have a row for each product of an order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from community.api.services import order_statuses
from community.api.services.csv_files import InvalidFile
from community.api.services.order_statuses import Meaning
from community.api.services.purchase_files import values
from community.api.services.purchase_files.columns import FIELDS, HUBSPOT, Columns

# The fields that further rows of an order repeat or leave empty.
OF_ORDER = tuple(name for name in FIELDS if name not in ("external_id", "products"))
MAX_LISTED = 20


@dataclass
class Order:
    """An order as in the file: the line and cells of its first row, its text by field, and all its products."""

    line: int
    row: Sequence[str]
    id: str
    text: dict[str, str]
    products: list[str]
    meaning: Meaning = Meaning.PAID
    is_refund: bool = False
    problem: str = ""


@dataclass
class Grouped:
    """The orders of a file, and the rows left out: repeated ones and those of unpaid orders."""

    orders: list[Order] = field(default_factory=list)
    repeated: int = 0
    further_rows: int = 0
    unpaid: Counter[str] = field(default_factory=Counter)
    unpaid_orders: list[Order] = field(default_factory=list)


def group(
    rows: Iterable[tuple[int, list[str]]], columns: Columns, *, statuses: Mapping[str, Meaning]
) -> Grouped:
    """Return the orders. Raises InvalidFile, listing all unknown statuses."""
    found = Grouped()
    firsts: dict[str, Order] = {}
    seen: set[tuple[str, ...]] = set()
    previous: Order | None = None
    for line, row in rows:
        order = _order(line, row, columns)
        content = tuple(cell.strip() for cell in row)
        first = firsts.get(order.id) if order.id else _continued(order, previous)
        if first is None or order.is_refund or order.problem:
            found.orders.append(order)
            if order.id and not order.is_refund:
                firsts.setdefault(order.id, order)
        elif content in seen:
            found.repeated += 1
            continue
        elif problem := _contradiction(order, first, columns):
            order.problem = problem
            found.orders.append(order)
            continue
        else:
            found.further_rows += 1
            first.products += [name for name in order.products if name not in first.products]
        seen.add(content)
        previous = first or order
    _judge(found, columns, statuses)
    return found


def _order(line: int, row: Sequence[str], columns: Columns) -> Order:
    text = {name: columns.value(row, name) for name in OF_ORDER}
    products = [name for part in columns.value(row, "products").split("|") if (name := part.strip())]
    order = Order(line, row, columns.value(row, "external_id"), text, products)
    extra = [cell for cell in row[len(columns.header) :] if cell.strip()]
    if extra:
        order.problem = (
            f"the row has {len(row)} values, but the header names {len(columns.header)} columns. A value with the "
            "delimiter in it, such as 49,90, must be in quotes."
        )
    order.is_refund = values.is_negative(text["amount"])
    return order


def _continued(order: Order, previous: Order | None) -> Order | None:
    """Return the previous order if the row has nothing but a product."""
    return previous if order.products and not any(order.text.values()) else None


def _contradiction(order: Order, first: Order, columns: Columns) -> str:
    """Return how a further row of an order contradicts the first; empty if it does not.

    Cells are compared with those of the same column: Shopify repeats “Created at”, but not “Paid at”.
    """
    for index in (index for name in OF_ORDER for index in columns.fields.get(name, ())):
        text, before = columns.cell(order.row, index), columns.cell(first.row, index)
        if text and text != before:
            was = f"“{before}”" if before else "empty"
            return (
                f"order {order.id} is also on line {first.line}, but {columns.header[index]} is “{text}” here and "
                f"{was} there. Correct one of them, or give them different IDs."
            )
    return ""


def _judge(found: Grouped, columns: Columns, statuses: Mapping[str, Meaning]) -> None:
    """Set the meaning of each order's status, and remove unpaid orders. Raises InvalidFile."""
    unknown: Counter[str] = Counter()
    for order in found.orders:
        status = order.text["status"]
        if not status and "status" in columns.fields and not order.problem:
            order.problem = (
                f"{columns.column('status')}: This is missing, so it is unclear whether the order was paid"
            )
        meaning = _meaning(status, columns, statuses) if status else Meaning.PAID
        if order.text["captured"].lower() in ("false", "no", "0") and meaning is Meaning.PAID:
            meaning, status = Meaning.UNPAID, "not captured"
        if meaning is None:
            unknown[status] += 1
        elif meaning is Meaning.UNPAID and not order.problem:
            found.unpaid[status] += 1
            found.unpaid_orders.append(order)
        order.meaning = meaning or Meaning.PAID
    if unknown:
        raise InvalidFile(_unknown_statuses(unknown, columns))
    found.orders = [order for order in found.orders if order.problem or order.meaning is not Meaning.UNPAID]


def _meaning(status: str, columns: Columns, statuses: Mapping[str, Meaning]) -> Meaning | None:
    plain = order_statuses.plain(status)
    if columns.format is HUBSPOT and plain not in statuses:
        plain = re.sub(r" \(.*\)$", "", plain)  # the pipeline, if there are several
    return statuses.get(plain) or columns.format.statuses.get(plain) or order_statuses.meaning(plain)


def _unknown_statuses(unknown: Counter[str], columns: Columns) -> str:
    listed = ", ".join(f"“{status}” ({count:,})" for status, count in unknown.most_common(MAX_LISTED))
    more = f" and {len(unknown) - MAX_LISTED} more" if len(unknown) > MAX_LISTED else ""
    example = next(iter(unknown))
    return (
        f"The column {columns.column('status')} has unknown statuses: {listed}{more}. Nothing was imported. "
        f'Say what each means, such as --status "{example}=paid", =unpaid or =refunded.'
    )


def texts(orders: Iterable[Order], *names: str) -> Iterator[tuple[int, str]]:
    """Yield the text of these fields where it is not empty, with the line of its order."""
    for order in orders:
        for name in names:
            if order.text[name]:
                yield order.line, order.text[name]
