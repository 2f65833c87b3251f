"""Run an import from start to finish. It can be killed at any point and resumes when run again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.text import slugify

from community.core import page_cache
from community.forum.models import Category
from community.forum.services import counters
from community.importers.models import ImportBatch, StagedRow
from community.importers.progress import Progress
from community.importers.stackexchange.site import hosts_of

from .builders.people import build_members
from .builders.tags_and_badges import build_badges, build_tags
from .builders.topics import build_topics
from .report import report_of, verified
from .skip_rules import apply_skip_rules
from .staging import assign_ids, fingerprint, stage
from .statements import execute

_LOCK_CLASS = 7003
# Seconds to wait for the lock; a process that was killed holds it until PostgreSQL ends its last statement.
LOCK_WAIT = 10
_SHADOW = "CREATE TEMPORARY TABLE importers_stagedrow (LIKE importers_stagedrow INCLUDING ALL)"


class ImportRefused(Exception):
    """The import cannot run or be undone as requested; the message says why and what to do."""


def open_batch(folder: Path, *, name: str, site: str = "") -> ImportBatch:
    """Return the batch with this name: a new one, or an earlier one of the same files.

    Raises ImportRefused if the name is used for another dump or is being undone, DumpError if the dump
    cannot be read.
    """
    digest = fingerprint(folder)
    batch = ImportBatch.objects.filter(name=name).first()
    if batch is None or batch.status == ImportBatch.Status.UNDONE:
        return _begin(batch or ImportBatch(name=name), folder, digest, site)
    if batch.status == ImportBatch.Status.UNDOING:
        raise ImportRefused(f"{name} is being undone. Run import_undo {name} again to finish that first.")
    if batch.fingerprint != digest and batch.status == ImportBatch.Status.READING:
        # The files were corrected before anything was built, so they are read again.
        StagedRow.objects.filter(batch=batch).delete()
        return _begin(batch, folder, digest, site)
    if batch.fingerprint != digest:
        raise ImportRefused(
            f"The name {name} is already used for another dump. Choose another one with --batch."
        )
    return batch


def _begin(batch: ImportBatch, folder: Path, digest: str, site: str) -> ImportBatch:
    _describe(batch, folder, digest, site)
    batch.status, batch.progress, batch.report = ImportBatch.Status.READING, {}, {}
    batch.started_at, batch.finished_at = timezone.now(), None
    batch.save()
    return batch


def _describe(batch: ImportBatch, folder: Path, digest: str, site: str) -> None:
    hosts = list(dict.fromkeys([site.lower(), *hosts_of(folder)] if site else hosts_of(folder)))
    earlier = ImportBatch.objects.filter(site__in=hosts).values_list("site", flat=True).first()
    batch.folder, batch.fingerprint, batch.hosts = str(folder)[:500], digest, hosts
    # Rows are identified by site and id, so a site keeps the name it was first imported under.
    batch.site = (site.lower() or earlier or (hosts[0] if hosts else folder.resolve().name))[:100]


def dry_run(folder: Path, *, site: str, progress: Progress) -> ImportBatch:
    """Return an unsaved batch whose report shows what an import would do. Writes nothing."""
    batch = ImportBatch(pk=0, name="dry run")
    _describe(batch, folder, fingerprint(folder), site)
    execute(_SHADOW)
    try:
        stage(batch, folder, progress)
        apply_skip_rules(batch, progress)
        batch.report = report_of(batch, folder)
    finally:
        execute("DROP TABLE pg_temp.importers_stagedrow")
    return batch


def run(batch: ImportBatch, folder: Path, *, category: Category | None, progress: Progress) -> ImportBatch:
    """Run the remaining steps of the import; idempotent.

    Raises ImportRefused if another process is running or has undone it, DumpError if a file cannot be read.
    """
    with hold(batch):
        if batch.status == ImportBatch.Status.DONE:
            return batch
        if batch.status in (ImportBatch.Status.UNDOING, ImportBatch.Status.UNDONE):
            raise ImportRefused(f"{batch.name} was undone in the meantime. Run the import again.")
        stage(batch, folder, progress)
        apply_skip_rules(batch, progress)
        assign_ids(batch)
        _save_report(batch, folder)
        target = _category(batch, category)
        _set_status(batch, ImportBatch.Status.BUILDING)
        build_tags(batch, progress)
        build_members(batch, progress)
        build_badges(batch, progress)
        build_topics(batch, target, progress)
        _finish(batch)
    return batch


def _save_report(batch: ImportBatch, folder: Path) -> None:
    """Save the report before building, while existing rows can still be told from imported ones."""
    if not batch.report:
        batch.report = report_of(batch, folder)
        batch.save(update_fields=["report"])


@transaction.atomic
def _finish(batch: ImportBatch) -> None:
    counters.recount_categories()
    page_cache.invalidate_on_commit()
    batch.report = verified(batch)
    batch.status, batch.finished_at = ImportBatch.Status.DONE, timezone.now()
    batch.save(update_fields=["report", "status", "finished_at"])
    StagedRow.objects.filter(batch=batch)._raw_delete("default")


def _set_status(batch: ImportBatch, status: ImportBatch.Status) -> None:
    batch.status = status
    batch.save(update_fields=["status"])


@transaction.atomic
def _category(batch: ImportBatch, wanted: Category | None) -> Category:
    if batch.category is None:
        slug = slugify(batch.site.split(".")[0]) or "imported"
        existing = wanted or Category.objects.filter(slug=slug, kind=Category.Kind.QA).first()
        batch.made_category = existing is None
        batch.category = existing or Category.objects.create(
            name=slug.replace("-", " ").capitalize()[:80],
            slug=_free_slug(slug),
            kind=Category.Kind.QA,
            description=f"Questions and answers from {batch.site}."[:300],
            icon="circle-help",
        )
        batch.save(update_fields=["category", "made_category"])
    return batch.category


def _free_slug(slug: str) -> str:
    return slug if not Category.objects.filter(slug=slug).exists() else f"{slug}-imported"


def _has_locked(cursor: CursorWrapper, batch: ImportBatch) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, batch.pk])
    return bool(cursor.fetchone()[0])


@contextmanager
def hold(batch: ImportBatch) -> Iterator[None]:
    """Hold an advisory lock on the batch and reload it; PostgreSQL releases the lock if the process dies.

    Raises ImportRefused if another process keeps it for LOCK_WAIT seconds.
    """
    with connection.cursor() as cursor:
        deadline = time.monotonic() + LOCK_WAIT
        while not _has_locked(cursor, batch):
            if time.monotonic() > deadline:
                raise ImportRefused(f"{batch.name} is being imported or undone by another process.")
            time.sleep(0.1)
        try:
            batch.refresh_from_db()
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, batch.pk])
