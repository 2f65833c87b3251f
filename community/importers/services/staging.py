"""Fill the staging table with the rows of a dump, and assign the ids that they will have here.

Ids are assigned before anything is built, so that posts can link to later posts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import connection, transaction

from community.forum.models import Post, Topic
from community.importers.models import ImportBatch, ImportedRow
from community.importers.progress import Progress
from community.importers.stackexchange.reader import DumpError, read_rows
from community.importers.stackexchange.tables import TABLES, Row, Table, usable
from community.members.models import Member

from .skip_rules import EARLIER
from .statements import execute, ranges, reset_query_log, save_progress

ROWS_PER_BATCH = 4000
BYTES_PER_BATCH = 4 * 1024 * 1024
REQUIRED_FILES = ("Posts.xml", "Users.xml")
_COLUMNS = "batch_id, file, ordinal, source_id, parent_id, created_at, data, skip"
_ASSIGN_IDS = """
  UPDATE importers_stagedrow s SET {column} = n.id
    FROM (SELECT ordinal, nextval(pg_get_serial_sequence(%(table)s, 'id')) AS id
            FROM (SELECT ordinal FROM importers_stagedrow
                   WHERE batch_id = %(batch)s AND file = %(file)s AND ordinal BETWEEN %(first)s AND %(last)s
                     AND skip = '' AND {column} IS NULL AND {where}
                   ORDER BY ordinal) o) n
   WHERE s.batch_id = %(batch)s AND s.file = %(file)s AND s.ordinal = n.ordinal
"""
_TOPIC_OF_ANSWER = """
  UPDATE importers_stagedrow s SET topic_id = q.topic_id
    FROM importers_stagedrow q
   WHERE s.batch_id = %(batch)s AND s.file = 'posts' AND s.ordinal BETWEEN %(first)s AND %(last)s
     AND s.skip = '' AND s.data->>'PostTypeId' = '2'
     AND q.batch_id = s.batch_id AND q.file = 'posts' AND q.source_id = s.parent_id AND q.skip = ''
"""
_KNOWN_USERS = """
  UPDATE importers_stagedrow s SET target_id = m.target_id
    FROM importers_importedrow m
   WHERE s.batch_id = %(batch)s AND s.file = 'users' AND s.ordinal BETWEEN %(first)s AND %(last)s
     AND s.skip = %(earlier)s AND m.site = %(site)s AND m.kind = %(kind)s AND m.source_id = s.source_id
"""
_IS_POST = "data->>'PostTypeId' IN ('1', '2')"


def find_dump(folder: Path) -> Path:
    """Return the folder with the dump's files: `folder`, or the only subfolder that has them.

    Raises DumpError if there is none, or more than one.
    """
    candidates = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]
    found = [path for path in candidates if all((path / name).is_file() for name in REQUIRED_FILES)]
    if not found:
        raise DumpError(
            f"There is no dump in {folder}. The folder must contain {' and '.join(REQUIRED_FILES)}."
        )
    if len(found) > 1 and found[0] != folder:
        raise DumpError(
            f"There are several dumps in {folder}. Choose one of {', '.join(path.name for path in found)}."
        )
    return found[0]


def fingerprint(folder: Path) -> str:
    """Return a hash that identifies the dump, of the size, first and last 64 kB of each file."""
    digest = hashlib.sha256()
    for table in TABLES:
        path = folder / table.file
        if not path.is_file():
            continue
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{table.file}:{size}:".encode() + file.read(65536))
            file.seek(max(0, size - 65536))
            digest.update(file.read(65536))
    return digest.hexdigest()


def stage(batch: ImportBatch, folder: Path, progress: Progress) -> None:
    """Read every file that is not complete, resuming where it stopped. Raises DumpError."""
    for table in TABLES:
        path = folder / table.file
        if path.is_file() and not batch.progress.get(f"read:{table.name}:complete"):
            _stage_file(batch, table, path, progress)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE importers_stagedrow")


def _stage_file(batch: ImportBatch, table: Table, path: Path, progress: Progress) -> None:
    done = int(batch.progress.get(f"read:{table.name}", 0))
    progress.start(f"Reading {table.file}", path.stat().st_size)
    rows = enumerate(read_rows(path, root=table.root, on_bytes=progress.advance), start=1)
    numbered = ((ordinal, usable(table, row)) for ordinal, row in islice(rows, done, None))
    for part in _batches(numbered):
        with transaction.atomic():
            _copy(batch, table, part)
            save_progress(batch, **{f"read:{table.name}": part[-1][0]})
        reset_query_log()
    save_progress(batch, **{f"read:{table.name}:complete": True})


def _batches(rows: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    part: list[tuple[int, Row]] = []
    size = 0
    for numbered in rows:
        part.append(numbered)
        size += sum(len(value) for value in numbered[1].data.values() if isinstance(value, str))
        if len(part) >= ROWS_PER_BATCH or size >= BYTES_PER_BATCH:
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


def assign_ids(batch: ImportBatch) -> None:
    """Assign our ids to every row that will be imported; idempotent."""
    if batch.progress.get("numbered"):
        return
    _assign_ids(batch, "users", Member._meta.db_table)
    _assign_ids(batch, "posts", Post._meta.db_table, where=_IS_POST)
    _assign_ids(batch, "posts", Topic._meta.db_table, column="topic_id", where="data->>'PostTypeId' = '1'")
    _assign_ids(batch, "comments", Post._meta.db_table)
    _execute_in_ranges(batch, "posts", _TOPIC_OF_ANSWER)
    _execute_in_ranges(
        batch, "users", _KNOWN_USERS, earlier=EARLIER, site=batch.site, kind=ImportedRow.Kind.USER
    )
    execute("ANALYZE importers_stagedrow")
    save_progress(batch, numbered=True)


def _assign_ids(
    batch: ImportBatch, file: str, table: str, *, column: str = "target_id", where: str = "true"
) -> None:
    statement = _ASSIGN_IDS.format(column=column, where=where)
    _execute_in_ranges(batch, file, statement, file=file, table=table)


def _execute_in_ranges(batch: ImportBatch, ranged_file: str, statement: str, **values: object) -> None:
    for first, last in ranges(batch, ranged_file):
        with transaction.atomic():
            execute(statement, batch=batch.pk, first=first, last=last, **values)
