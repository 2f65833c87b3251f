"""Import purchases from a CSV file: its columns, their other names and its rows."""

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
from community.api.schemas import MOST_ITEMS

from .ingestion import LATER, Answer, ingest
from .parsers import parse_purchases

# What a column may also be called.
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
NEEDED = ("external_id", "occurred_at", "amount", "currency")
PROBLEMS_KEPT = 50


class FileProblem(Exception):
    """The file cannot be read as purchases; the message says why."""


def describe_columns() -> str:
    """Describe the columns and their other names, for the help of the command."""
    columns = {
        name: f"{name} (or {', '.join(others)})" if others else name for name, others in COLUMNS.items()
    }
    needed = "; ".join(columns.pop(name) for name in NEEDED)
    return f"The first line names the columns. Required: {needed}. Optional: {'; '.join(columns.values())}."


@dataclass
class Outcome:
    """What became of a file: counts by answer, with `unmatched` among the accepted, and the first problems."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seen_before: PurchaseFile | None = None


def import_purchases(path: Path, *, source: str, dry_run: bool) -> Outcome:
    """Take in every row of the file, 500 a transaction; applying a file again changes nothing.

    Raises FileProblem.
    """
    sha256 = _sha256(path)
    outcome = Outcome(seen_before=PurchaseFile.objects.filter(sha256=sha256, source=source).first())
    seen: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(file)
        while part := list(islice(rows, MOST_ITEMS)):
            items = [item for _, item in part]
            answers = ingest(parse_purchases(items, source=source), dry_run=dry_run)
            for (line, item), answer in zip(part, answers, strict=True):
                _count(outcome, line, _in_file(answer, item, seen) if dry_run else answer)
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
        raise FileProblem(f"Cannot read {path}: {error.strerror}.") from error


def _count(outcome: Outcome, line: int, answer: Answer) -> None:
    outcome.counts[answer.status] += 1
    if not answer.matched:
        outcome.counts["unmatched"] += 1
    is_problem = answer.status in ("conflict", "quarantined", "rejected") or LATER in answer.reason
    if is_problem and len(outcome.problems) < PROBLEMS_KEPT:
        outcome.problems.append(f"Line {line}: {answer.status}: {answer.reason}")


def _in_file(answer: Answer, item: dict[str, Any], seen: dict[str, int]) -> Answer:
    """In a dry run nothing is kept, so what came earlier in the file has to be remembered here."""
    if answer.status != "accepted":
        return answer
    content = hash(repr(sorted(item.items(), key=str)))
    if answer.source_event_id not in seen:
        seen[answer.source_event_id] = content
        return answer
    same = seen[answer.source_event_id] == content
    return Answer(
        answer.source_event_id, "duplicate" if same else "conflict", "This row is in the file twice."
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
        raise FileProblem(
            "The file is not encoded as UTF-8. Save it as “CSV UTF-8” and try again."
        ) from error
    except csv.Error as error:
        raise FileProblem(f"After line {reader.line_num}: {error}.") from error


def _names(header: Any) -> dict[str, str]:
    known = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    found: dict[str, str] = {}
    for column in header:
        name = known.get(column.strip().lower().replace(" ", "_").replace("-", "_"))
        if name and name not in found.values():
            found[column] = name
    missing = [name for name in NEEDED if name not in found.values()]
    if missing:
        raise FileProblem(
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
        "buyer": _some(external_id=value.get("buyer_external_id"), email=value.get("buyer_email")),
        "account": _some(external_id=value.get("account_external_id"), domain=value.get("account_domain")),
        "test": value.get("test", "").lower() in ("1", "true", "yes", "y", "test"),
    }


def _has_zone(moment: str) -> bool:
    clock = moment.partition("T")[2]
    return clock.endswith(("Z", "z")) or "+" in clock or "-" in clock


def _some(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
