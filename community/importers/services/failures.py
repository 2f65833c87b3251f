"""Rows whose content could not be converted or stored. They never stop an import; the report lists them."""

from __future__ import annotations

import logging

from community.importers.models import ImportBatch, StagedRow

from .statements import save_progress

log = logging.getLogger(__name__)

MOST_NAMED = 5


class Failures:
    """The rows that failed in one transaction, by how they were handled and why."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}

    def add(self, row: StagedRow, what: str, error: Exception) -> None:
        """Note that the row was handled as `what` says, and log the current error; call it in an except clause."""
        log.warning("%s %s is %s.", row.file, row.key, what, exc_info=True)
        self.note(row, f"{what} ({type(error).__name__})")

    def note(self, row: StagedRow, what: str) -> None:
        self.rows.setdefault(what, []).append(f"{row.file} {row.key}")

    def save(self, batch: ImportBatch) -> None:
        """Add the rows to the batch's progress, in the transaction that saves them."""
        if self.rows:
            earlier = batch.progress.get("failures", {})
            all_rows = {
                why: [*earlier.get(why, []), *self.rows.get(why, [])] for why in {**earlier, **self.rows}
            }
            save_progress(batch, failures=all_rows)


def remarks(batch: ImportBatch) -> list[str]:
    """Return a sentence for each reason, with the first rows."""
    return [
        f"Rows {why}: {len(rows):,}. {', '.join(rows[:MOST_NAMED])}{' …' if len(rows) > MOST_NAMED else ''}"
        for why, rows in batch.progress.get("failures", {}).items()
    ]
