"""Reading the files of a dump into the staging table, a few thousand rows a transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import connection, transaction

from community.importers.models import ImportBatch
from community.importers.progress import Progress
from community.importers.stackexchange.reader import DumpError, read_rows
from community.importers.stackexchange.tables import TABLES, Row, Table, usable

from .stepping import forget_queries, save_progress

ROWS_A_TIME = 4000
BYTES_A_TIME = 4 * 1024 * 1024
NEEDED = ("Posts.xml", "Users.xml")
_COLUMNS = "batch_id, file, ordinal, source_id, parent_id, created_at, data, skip"


def find_dump(folder: Path) -> Path:
    """Return the folder that holds the files: this one, or the only one in it that does.

    Raises DumpError when there is none.
    """
    candidates = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]
    found = [path for path in candidates if all((path / name).is_file() for name in NEEDED)]
    if not found:
        raise DumpError(f"{folder} holds no dump: there is no {' and '.join(NEEDED)} in it.")
    if len(found) > 1 and found[0] != folder:
        raise DumpError(
            f"{folder} holds several dumps: name one of {', '.join(path.name for path in found)}."
        )
    return found[0]


def fingerprint(folder: Path) -> str:
    """Return what tells this dump from another: a hash of the sizes, beginnings and ends of its files."""
    digest = hashlib.sha256()
    for table in TABLES:
        path = folder / table.file
        if not path.exists():
            continue
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{table.file}:{size}:".encode() + file.read(65536))
            file.seek(max(0, size - 65536))
            digest.update(file.read(65536))
    return digest.hexdigest()


def stage(batch: ImportBatch, folder: Path, progress: Progress) -> None:
    """Read every file that has not been read yet, from where it stopped. Raises DumpError."""
    for table in TABLES:
        path = folder / table.file
        if path.exists() and not batch.progress.get(f"read:{table.name}:complete"):
            _stage_file(batch, table, path, progress)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE importers_stagedrow")


def _stage_file(batch: ImportBatch, table: Table, path: Path, progress: Progress) -> None:
    done = int(batch.progress.get(f"read:{table.name}", 0))
    progress.start(f"Reading {table.file}", path.stat().st_size)
    rows = enumerate(read_rows(path, root=table.root, on_bytes=progress.advance), start=1)
    numbered = ((ordinal, usable(table, row)) for ordinal, row in islice(rows, done, None))
    for part in _parts(numbered):
        with transaction.atomic():
            _copy(batch, table, part)
            save_progress(batch, **{f"read:{table.name}": part[-1][0]})
        forget_queries()
    save_progress(batch, **{f"read:{table.name}:complete": True})


def _parts(rows: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    part: list[tuple[int, Row]] = []
    size = 0
    for numbered in rows:
        part.append(numbered)
        size += sum(len(value) for value in numbered[1].data.values() if isinstance(value, str))
        if len(part) >= ROWS_A_TIME or size >= BYTES_A_TIME:
            yield part
            part, size = [], 0
    if part:
        yield part


def _copy(batch: ImportBatch, table: Table, rows: list[tuple[int, Row]]) -> None:
    statement = f"COPY importers_stagedrow ({_COLUMNS}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for ordinal, row in rows:
            data = json.dumps(row.data)
            copy.write_row(
                (batch.pk, table.name, ordinal, row.source_id, row.parent_id, row.created_at, data, row.skip)
            )
