"""Run SQL over a batch in ranges of rows, each in its own short transaction, to keep locks brief."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, reset_queries

from community.importers.models import ImportBatch, StagedRow

RANGE_SIZE = 20_000


def save_progress(batch: ImportBatch, **steps: object) -> None:
    """Save how far these steps are; call it in the transaction that did the work."""
    batch.progress = {**batch.progress, **steps}
    ImportBatch.objects.filter(pk=batch.pk).update(progress=batch.progress)


def reset_query_log() -> None:
    """Clear Django's query log, which grows without bound during an import if DEBUG is on."""
    reset_queries()


def ranges(batch: ImportBatch, file: str) -> Iterator[tuple[int, int]]:
    """Yield (first, last) ordinals that cover the file's staged rows, RANGE_SIZE at a time."""
    last = (
        StagedRow.objects.filter(batch_id=batch.pk, file=file)
        .order_by("-ordinal")
        .values_list("ordinal", flat=True)
        .first()
    )
    for first in range(1, (last or 0) + 1, RANGE_SIZE):
        yield first, first + RANGE_SIZE - 1


def execute(statement: str, **values: Any) -> int:
    """Run one statement and return the number of affected rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run one query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
