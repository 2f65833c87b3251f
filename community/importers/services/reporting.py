"""The report of an import: rows read = imported + skipped with reasons, and what a person should know."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from community.importers.models import ImportBatch, ImportedRow
from community.importers.stackexchange.tables import TABLES

from .remarks import remarks
from .stepping import fetch

_COUNTS = """
  SELECT file, skip, count(*) FROM importers_stagedrow WHERE batch_id = %(batch)s GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""
# Posts are left out: those that describe tags are imported, but become no post.
_KINDS = {
    "Users.xml": ImportedRow.Kind.USER,
    "Tags.xml": ImportedRow.Kind.TAG,
    "Badges.xml": ImportedRow.Kind.BADGE,
    "Comments.xml": ImportedRow.Kind.COMMENT,
}


def report_of(batch: ImportBatch, folder: Path) -> dict[str, Any]:
    """Return {"tables": [{"file", "read", "imported", "skipped": {reason: rows}}], "remarks": [sentence]}."""
    counts: dict[str, dict[str, int]] = {}
    for file, skip, rows in fetch(_COUNTS, batch=batch.pk):
        counts.setdefault(file, {})[skip] = rows
    tables = []
    for table in TABLES:
        found = counts.get(table.name, {})
        imported = found.pop("", 0)
        tables.append(
            {
                "file": table.file,
                "read": imported + sum(found.values()),
                "imported": imported,
                "skipped": found,
            }
        )
    return {"tables": tables, "remarks": [*_missing(folder), *remarks(batch)]}


def confirmed(batch: ImportBatch) -> dict[str, Any]:
    """Return the report, checked against what is really here now."""
    here = Counter(ImportedRow.objects.filter(batch=batch).values_list("kind", flat=True).iterator())
    said = {table["file"]: table["imported"] for table in batch.report["tables"]}
    differing = [
        f"{file}: {said[file]:,} rows should be here, {here[kind]:,} are."
        for file, kind in _KINDS.items()
        if said[file] != here[kind]
    ]
    return {**batch.report, "remarks": [*batch.report["remarks"], *differing]}


def _missing(folder: Path) -> list[str]:
    return [f"There is no {table.file}." for table in TABLES if not (folder / table.file).exists()]
