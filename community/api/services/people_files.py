"""Import people and their IDs in another system from a CSV file, all or nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

from django.db import transaction

from community.api.services import csv_files, people
from community.api.services.csv_files import InvalidFile
from community.api.services.purchase_files import values

COLUMNS = {
    "external_id": ("external_id", "id", "customer_id", "contact_id", "record_id"),
    "email": ("email", "e_mail", "email_address"),
    "name": ("name", "full_name", "display_name"),
    "account_external_id": ("account_external_id", "account_id", "company_id", "associated_company_ids"),
    "account_domain": ("account_domain", "domain", "company_domain"),
    "joined_at": ("joined_at", "created_at", "create_date", "date"),
}
BATCH_SIZE = 500


@dataclass
class Outcome:
    """Counts by status, problems by line, and how the columns were read."""

    columns: dict[str, str]
    ignored: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)


def describe_columns() -> str:
    listed = [f"{names[0]} (or {', '.join(names[1:])})" for names in COLUMNS.values()]
    return f"The first line names the columns. Required: {listed[0]}. Optional: {'; '.join(listed[1:])}."


@transaction.atomic
def import_people(path: Path, *, source: str, encoding: str, dates: values.Order, dry_run: bool) -> Outcome:
    """Import every row in one transaction; idempotent. Raises InvalidFile, and imports nothing."""
    table = csv_files.table_of(csv_files.read_bytes(path), encoding=encoding)
    indexes = _indexes(table.header)
    used = {name: table.header[index] for name, index in indexes.items()}
    outcome = Outcome(used, [name for name in table.header if name and name not in used.values()])
    rows = [(line, _cells(row, indexes)) for line, row in table.rows()]
    moments = [(line, cells["joined_at"]) for line, cells in rows if cells.get("joined_at")]
    reader = values.DateReader(values.order_of_dates(moments, wanted=dates), UTC)
    point = transaction.savepoint()
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE]
        parsed = people.parse(_item(cells, reader) for _, cells in batch)
        for (line, _), result in zip(batch, people.save(parsed, source=source), strict=True):
            outcome.counts[result.status] += 1
            if result.status in ("conflict", "rejected"):
                outcome.problems.append((line, f"{result.status}: {result.reason}"))
    if dry_run:
        transaction.savepoint_rollback(point)
    return outcome


def _indexes(header: list[str]) -> dict[str, int]:
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in header]
    found = {
        name: plain.index(alias)
        for name, aliases in COLUMNS.items()
        for alias in [next((alias for alias in aliases if alias in plain), "")]
        if alias
    }
    if "external_id" not in found:
        raise InvalidFile(
            f"Missing column: external_id. The columns are: {', '.join(header)}. Nothing was imported."
        )
    return found


def _cells(row: list[str], indexes: dict[str, int]) -> dict[str, str]:
    return {name: row[index].strip() for name, index in indexes.items() if index < len(row)}


def _item(cells: dict[str, str], reader: values.DateReader) -> dict[str, Any]:
    """Return the item as sent to the API; an unreadable date is passed on unchanged, and rejected there."""
    item: dict[str, Any] = {name: cells[name] for name in ("external_id", "email", "name") if cells.get(name)}
    account = {"external_id": cells.get("account_external_id"), "domain": cells.get("account_domain")}
    item["account"] = {name: value for name, value in account.items() if value}
    if moment := cells.get("joined_at"):
        try:
            item["joined_at"] = reader.read(moment).isoformat()
        except ValueError:
            item["joined_at"] = moment
    return item
