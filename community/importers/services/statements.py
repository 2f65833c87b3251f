"""Working through a batch step by step, each with a commit of its own, so that nobody waits for us long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, reset_queries

from community.importers.models import ImportBatch, StagedRow

RANGE = 20_000


def save_progress(batch: ImportBatch, **steps: object) -> None:
    """Remember how far these steps are; call it in the transaction that did them."""
    batch.progress = {**batch.progress, **steps}
    ImportBatch.objects.filter(pk=batch.pk).update(progress=batch.progress)


def forget_queries() -> None:
    """Drop what Django keeps of past statements when DEBUG is on; an import would keep all of itself."""
    reset_queries()


def ranges(batch: ImportBatch, file: str) -> Iterator[tuple[int, int]]:
    """Yield (first, last) ordinals that together cover the file's staged rows."""
    last = (
        StagedRow.objects.filter(batch_id=batch.pk, file=file)
        .order_by("-ordinal")
        .values_list("ordinal", flat=True)
        .first()
    )
    for first in range(1, (last or 0) + 1, RANGE):
        yield first, first + RANGE - 1


def execute(statement: str, **values: Any) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
