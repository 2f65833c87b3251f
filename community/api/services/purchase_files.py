"""Import purchases from CSV files."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.dateparse import parse_date

from community.api.models import PurchaseFile
from community.api.schemas import MAX_ITEMS

from .ingestion import IN_FUTURE, Result, ingest
from .parsers import parse_purchases

# Columns and their accepted aliases.
COLUMNS = {
    "external_id": ("order_id", "order", "id", "transaction_id"),
    "occurred_at": ("date", "ordered_at", "purchased_at", "created_at"),
    "amount": ("total", "value", "price"),
    "currency": (),
    "products": ("product", "items"),
    "buyer_email": ("email", "customer_email"),
    "buyer_external_id": ("customer_id", "buyer_id", "contact_id"),
    "account_external_id": ("account_id", "company_id"),
    "account_domain": ("domain", "company_domain"),
    "test": ("is_test",),
}
REQUIRED = ("external_id", "occurred_at", "amount", "currency")
MAX_PROBLEMS = 50


class InvalidFile(Exception):
    """The file cannot be read as purchases; the message says why."""


def describe_columns() -> str:
    """Describe the columns and their aliases, for the command's help."""
    columns = {
        name: f"{name} (or {', '.join(others)})" if others else name for name, others in COLUMNS.items()
    }
    needed = "; ".join(columns.pop(name) for name in REQUIRED)
    return f"The first line names the columns. Required: {needed}. Optional: {'; '.join(columns.values())}."


@dataclass
class Outcome:
    """The result of an import: row counts by status, and the first MAX_PROBLEMS problems.

    `unmatched` rows are also counted as accepted.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seen_before: PurchaseFile | None = None


def import_purchases(path: Path, *, source: str, dry_run: bool) -> Outcome:
    """Import every row, in transactions of MAX_ITEMS rows; idempotent. Raises InvalidFile."""
    sha256 = _sha256(path)
    outcome = Outcome(seen_before=PurchaseFile.objects.filter(sha256=sha256, source=source).first())
    seen: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(file)
        while batch := list(islice(rows, MAX_ITEMS)):
            items = [item for _, item in batch]
            results = ingest(parse_purchases(items, source=source), dry_run=dry_run)
            for (line, item), result in zip(batch, results, strict=True):
                _count(outcome, line, _check_repeated(result, item, seen) if dry_run else result)
    if not dry_run:
        PurchaseFile.objects.create(
            name=path.name[:200], sha256=sha256, source=source, counts=dict(outcome.counts)
        )
    return outcome


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidFile(f"Cannot read {path}: {error.strerror}.") from error


def _count(outcome: Outcome, line: int, result: Result) -> None:
    outcome.counts[result.status] += 1
    if not result.matched:
        outcome.counts["unmatched"] += 1
    is_problem = result.status in ("conflict", "quarantined", "rejected") or IN_FUTURE in result.reason
    if is_problem and len(outcome.problems) < MAX_PROBLEMS:
        outcome.problems.append(f"Line {line}: {result.status}: {result.reason}")


def _check_repeated(result: Result, item: dict[str, Any], seen: dict[str, int]) -> Result:
    """Detect ids repeated across batches. A dry run writes nothing, so the database cannot tell."""
    if result.status != "accepted":
        return result
    content = hash(repr(sorted(item.items(), key=str)))
    if result.source_event_id not in seen:
        seen[result.source_event_id] = content
        return result
    same = seen[result.source_event_id] == content
    return Result(
        result.source_event_id, "duplicate" if same else "conflict", "This row is in the file twice."
    )


def _rows(file: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        sample = file.read(8192)
        file.seek(0)
        first = sample.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        reader = csv.DictReader(file, delimiter=delimiter, strict=True)
        names = _names(reader.fieldnames or [])
        for row in reader:
            yield reader.line_num, _item({names[key]: value for key, value in row.items() if key in names})
    except UnicodeDecodeError as error:
        raise InvalidFile(
            "The file is not encoded as UTF-8. Save it as “CSV UTF-8” and try again."
        ) from error
    except csv.Error as error:
        raise InvalidFile(f"After line {reader.line_num}: {error}.") from error


def _names(header: Any) -> dict[str, str]:
    known = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    found: dict[str, str] = {}
    for column in header:
        name = known.get(column.strip().lower().replace(" ", "_").replace("-", "_"))
        if name and name not in found.values():
            found[column] = name
    missing = [name for name in REQUIRED if name not in found.values()]
    if missing:
        raise InvalidFile(
            f"Missing columns: {', '.join(missing)}. The first line must name the columns; "
            "`import_purchases --help` lists their names."
        )
    return found


def _item(row: dict[str, str | None]) -> dict[str, Any]:
    value = {name: (text or "").strip() for name, text in row.items()}
    moment = value["occurred_at"].replace(" ", "T", 1)
    try:
        is_date = parse_date(moment) is not None
    except ValueError:
        is_date = False
    if is_date:
        moment += "T00:00:00"
    if moment and not _has_zone(moment):
        moment += "Z"
    return {
        "external_id": value["external_id"],
        "occurred_at": moment,
        "amount": value["amount"],
        "currency": value["currency"],
        "products": [name for part in value.get("products", "").split("|") if (name := part.strip())],
        "buyer": _non_empty(external_id=value.get("buyer_external_id"), email=value.get("buyer_email")),
        "account": _non_empty(
            external_id=value.get("account_external_id"), domain=value.get("account_domain")
        ),
        "test": value.get("test", "").lower() in ("1", "true", "yes", "y", "test"),
    }


def _has_zone(moment: str) -> bool:
    clock = moment.partition("T")[2]
    return clock.endswith(("Z", "z")) or "+" in clock or "-" in clock


def _non_empty(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
