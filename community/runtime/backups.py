"""Backups: the database and the uploads in one zip file, with a manifest and checksums."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from community.runtime import postgres_tools

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
MEDIA = "media/"
CHUNK = 1 << 20
MAX_SNAPSHOTS = 3


class BackupError(Exception):
    """The backup cannot be made or used; the message says why and what to do."""


@dataclass
class Manifest:
    """The contents of a backup. `checksums` are SHA-256 by archive member name; `rows` are counts by table."""

    format: int = FORMAT
    made_at: str = ""
    server_version: int = 0  # PostgreSQL's major version
    archive_version: int = 0  # the major version of the pg_dump that wrote the database
    migrations: list[list[str]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    missing_files: list[str] = field(default_factory=list)  # referenced by rows, but not in the storage

    @property
    def files(self) -> list[str]:
        return [name.removeprefix(MEDIA) for name in self.checksums if name.startswith(MEDIA)]


def make(path: Path) -> Manifest:
    """Write a backup to the new file `path`, readable by its owner only. The site can stay in use.

    Raises BackupError, without leaving a file.
    """
    if path.exists():
        raise BackupError(f"{path} exists already. Choose another name or move it away.")
    draft = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                manifest = _write(archive)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise BackupError(f"Cannot write {path}: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(archive: zipfile.ZipFile) -> Manifest:
    """Write the uploads, then a snapshot of the database, then the uploads added in between.

    A file is stored before the row that references it, and deleted after it. So a file that the snapshot
    references was either copied before or still exists, unless it was replaced in that moment; then a new
    snapshot no longer references it.
    """
    manifest = Manifest(made_at=timezone.now().isoformat(timespec="seconds"))
    for name in stored_files():
        _add_file(archive, manifest, name)
    for tries_left in reversed(range(MAX_SNAPSHOTS)):
        with _snapshot() as snapshot:
            wanted = _referenced_files()
            for name in sorted(wanted.difference(manifest.files)):
                _add_file(archive, manifest, name)
            manifest.missing_files = sorted(wanted.difference(manifest.files))
            if manifest.missing_files and tries_left:
                continue
            manifest.server_version = postgres_tools.server_major()
            manifest.migrations = sorted([*key] for key in MigrationRecorder(connection).applied_migrations())
            manifest.rows = _count_rows()
            _dump(archive, manifest, snapshot)
            break
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1), zipfile.ZIP_DEFLATED)
    return manifest


@contextmanager
def _snapshot() -> Iterator[str]:
    """Open a snapshot of the database; yields its name for `pg_dump --snapshot`."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump(archive: zipfile.ZipFile, manifest: Manifest, snapshot: str) -> None:
    tools, manifest.archive_version = postgres_tools.find(manifest.server_version)
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    with tempfile.TemporaryFile() as stderr:
        process = postgres_tools.start(tools / "pg_dump", *arguments, stdout=PIPE, stderr=stderr)
        with process, archive.open(DUMP, "w", force_zip64=True) as target:
            manifest.checksums[DUMP] = checksum(process.stdout, target)
        if process.returncode:
            raise BackupError(f"pg_dump failed: {tail(stderr)}")


def _add_file(archive: zipfile.ZipFile, manifest: Manifest, name: str) -> None:
    """Add an upload, unless it has been deleted by now."""
    try:
        source = default_storage.open(name)
    except FileNotFoundError:
        return
    with source, archive.open(MEDIA + name, "w", force_zip64=True) as target:
        manifest.checksums[MEDIA + name] = checksum(source, target)


def stored_files(folder: str = "") -> Iterator[str]:
    """Yield the storage names of all uploads."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}{name}"
    for name in sorted(folders):
        yield from stored_files(f"{folder}{name}/")


def _referenced_files() -> set[str]:
    """Return the names of the uploads that rows reference."""
    names: set[str] = set()
    for model in apps.get_models():
        for column in model._meta.local_fields:
            if isinstance(column, models.FileField):
                names.update(model._base_manager.values_list(column.name, flat=True).distinct())
    return names - {"", None}


def _count_rows() -> dict[str, int]:
    """Return the row count of each table; for a partitioned table, of each partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "JOIN pg_class ON oid = format('%I.%I', schemaname, tablename)::regclass "
            "WHERE relkind = 'r' AND schemaname = 'public' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - quoted by the server
            counts[table] = cursor.fetchone()[0]
    return counts


def read(archive: zipfile.ZipFile) -> Manifest:
    """Verify all checksums of a backup and return its manifest. Raises BackupError if it is damaged."""
    try:
        fields = json.loads(archive.read(MANIFEST))
        if fields["format"] > FORMAT:
            raise BackupError("This backup was made by a newer version of Caravan. Update Caravan first.")
        manifest = Manifest(**fields)
        members = set(archive.namelist()) - {MANIFEST}
        damaged = members.symmetric_difference(manifest.checksums)
        for name in members & set(manifest.checksums):
            with archive.open(name) as source:
                if checksum(source) != manifest.checksums[name]:
                    damaged.add(name)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise BackupError("This backup is damaged: it cannot be read completely. Use another one.") from error
    if damaged:
        raise BackupError(
            f"This backup is damaged: the checksum of {min(damaged)} does not match. Use another one."
        )
    return manifest


def checksum(source: Any, target: IO[bytes] | None = None) -> str:
    """Return the SHA-256 of `source`, and copy it to `target` if given."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        if target:
            target.write(chunk)
    return digest.hexdigest()


def tail(output: IO[bytes]) -> str:
    """Return the last 2000 characters of a program's output."""
    output.seek(0)
    return output.read().decode(errors="replace").strip()[-2000:]
