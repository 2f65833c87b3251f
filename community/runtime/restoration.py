"""Restore a backup, completely or not at all."""

from __future__ import annotations

import shutil
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO, Any

import redis
from celery import current_app
from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from community.events.services.cursors import NEW_EPOCH
from community.runtime import backups, postgres_tools
from community.runtime.backups import BackupError, Manifest

EMPTY = b"""
BEGIN;
SET client_min_messages = warning;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO public;
"""
PREAMBLE_BYTES = 4096
# New in PostgreSQL 17; pg_restore sets it to the default.
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"


def restore(path: Path, *, replace: bool) -> Manifest:
    """Replace the database and the uploads with those of a backup. Raises BackupError.

    On failure the database is unchanged. Files are added before and removed after the database changes, so every
    row always has its file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = backups.read(archive)
            _check_versions(manifest)
            _check_servers(replace=replace)
            with _files_added(archive, manifest):
                _load(archive, manifest)
    except zipfile.BadZipFile as error:
        raise BackupError("This is not a backup, or it was cut short. Use another one.") from error
    except OSError as error:
        raise BackupError(f"Cannot restore {path}: {error}.") from error
    for name in set(backups.stored_files()).difference(manifest.files):
        default_storage.delete(name)
    flush_redis()
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return manifest


def flush_redis() -> None:
    """Flush cache and queue, which refer to the rows of the previous database.

    The sweeps find pending work again; buffered views and visits are lost.
    """
    cache.clear()
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.client.flushdb()


def _check_versions(manifest: Manifest) -> None:
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    unknown = [f"{label} {name}" for label, name in manifest.migrations if (label, name) not in known]
    if unknown:
        raise BackupError(
            f"This backup was made by a newer version of Caravan (it has {unknown[0]}). Update Caravan first."
        )


def _check_servers(*, replace: bool) -> None:
    try:
        cache.get("any")
    except redis.RedisError as error:
        raise BackupError("Redis does not answer. A restore has to empty it, so start it first.") from error
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        tables = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()[0]
    if tables and not replace:
        raise BackupError(
            f"The database is not empty: it has {tables} tables. To delete its contents and the uploads, add --replace."
        )
    if others:
        raise BackupError(
            f"The database is in use ({others} other connections). Stop web, worker and beat, then try again."
        )


@contextmanager
def _files_added(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[None]:
    """Add the uploads of the backup to the existing ones; deletes them again if the block fails."""
    added: list[str] = []
    try:
        for name in manifest.files:
            if _is_there(name, manifest):
                continue
            with archive.open(backups.MEDIA + name) as source:
                added.append(default_storage.save(name, File(source, name)))
            if added[-1] != name:
                raise BackupError(
                    f"There is a different file {name} among the uploads. Move it away, then try again."
                )
        yield
    except BaseException:
        for name in added:
            default_storage.delete(name)
        raise


def _is_there(name: str, manifest: Manifest) -> bool:
    if not default_storage.exists(name):
        return False
    with default_storage.open(name) as file:
        return backups.checksum(file) == manifest.checksums[backups.MEDIA + name]


def _load(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Replace the database in one transaction, which also starts a new epoch of the event log.

    COMMIT is only sent after pg_restore has succeeded; if this process dies, psql rolls back.
    """
    tools, _ = postgres_tools.find(max(postgres_tools.server_major(), manifest.archive_version))
    connection.close()
    quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with tempfile.TemporaryFile() as complaints, archive.open(backups.DUMP) as dump:
        start = partial(postgres_tools.start, stdin=PIPE, stderr=complaints)
        with (
            start(tools / "psql", *quiet, stdout=DEVNULL) as psql,
            start(
                tools / "pg_restore", "--no-owner", "--no-privileges", "--file=-", stdout=PIPE
            ) as pg_restore,
        ):
            feeder = threading.Thread(target=_feed, args=(dump, pg_restore.stdin))
            feeder.start()
            with suppress(BrokenPipeError), psql.stdin as script:
                script.write(EMPTY)
                script.write(pg_restore.stdout.read(PREAMBLE_BYTES).replace(UNKNOWN_BEFORE_17, b""))
                shutil.copyfileobj(pg_restore.stdout, script)
                if pg_restore.wait() == 0:
                    script.write((_check_counts(manifest) + NEW_EPOCH + "COMMIT;\n").encode())
            pg_restore.stdout.close()
            feeder.join()
        if psql.returncode or pg_restore.returncode:
            raise BackupError(
                f"PostgreSQL refused the restore, and nothing was changed: {backups.tail(complaints)}"
            )


def _feed(dump: IO[bytes], target: IO[bytes]) -> None:
    with suppress(BrokenPipeError), target:
        shutil.copyfileobj(dump, target)


def _check_counts(manifest: Manifest) -> str:
    """Return SQL that fails when the row count of a table differs from the manifest."""
    checks = [
        f"IF (SELECT count(*) FROM {table}) <> {count:d} THEN RAISE EXCEPTION '% is incomplete', $table${table}$table$; END IF;"  # noqa: S608
        for table, count in manifest.rows.items()
    ]
    return "\n".join(["SET search_path = public;", "DO $check$ BEGIN", *checks, "END $check$;", ""])
