"""One import from beginning to end. It may be killed anywhere, and goes on from there when run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from community.core import page_cache
from community.forum.models import Category
from community.forum.services import counters
from community.importers.models import ImportBatch, StagedRow
from community.importers.progress import Progress
from community.importers.stackexchange.site import hosts_of

from .building.people import build_members
from .building.tags_and_badges import build_badges, build_tags
from .building.topics import build_topics
from .report import confirmed, report_of
from .skip_rules import judge
from .staging import fingerprint, number, stage
from .statements import execute

_LOCK = 7003
_SHADOW = "CREATE TEMPORARY TABLE importers_stagedrow (LIKE importers_stagedrow INCLUDING ALL)"


class ImportRefused(Exception):
    """The import cannot be done as asked; the message says why and what to do."""


def open_batch(folder: Path, *, name: str, site: str = "") -> ImportBatch:
    """Return the batch of this name, made now or begun earlier with the same files.

    Raises ImportRefused when the name belongs to another dump or is being taken back, DumpError when the
    dump cannot be read.
    """
    mark = fingerprint(folder)
    batch = ImportBatch.objects.filter(name=name).first()
    if batch is None or batch.status == ImportBatch.Status.UNDONE:
        return _begin(batch or ImportBatch(name=name), folder, mark, site)
    if batch.status == ImportBatch.Status.UNDOING:
        raise ImportRefused(f"{name} is being undone. Run import_undo {name} again to finish that first.")
    if batch.fingerprint != mark and batch.status == ImportBatch.Status.READING:
        # Nothing has been built of what was read: the files were mended, and are read again.
        StagedRow.objects.filter(batch=batch).delete()
        return _begin(batch, folder, mark, site)
    if batch.fingerprint != mark:
        raise ImportRefused(
            f"The name {name} is already used for another dump. Choose another one with --batch."
        )
    return batch


def _begin(batch: ImportBatch, folder: Path, mark: str, site: str) -> ImportBatch:
    _describe(batch, folder, mark, site)
    batch.status, batch.progress, batch.report = ImportBatch.Status.READING, {}, {}
    batch.started_at, batch.finished_at = timezone.now(), None
    batch.save()
    return batch


def _describe(batch: ImportBatch, folder: Path, mark: str, site: str) -> None:
    hosts = list(dict.fromkeys([site.lower(), *hosts_of(folder)] if site else hosts_of(folder)))
    earlier = ImportBatch.objects.filter(site__in=hosts).values_list("site", flat=True).first()
    batch.folder, batch.fingerprint, batch.hosts = str(folder)[:500], mark, hosts
    # Rows are known by the site and their id, so a site keeps the name it was first imported under.
    batch.site = (site.lower() or earlier or (hosts[0] if hosts else folder.resolve().name))[:100]


def dry_run(folder: Path, *, site: str, progress: Progress) -> ImportBatch:
    """Return an unsaved batch whose report says what an import would do. Writes nothing."""
    batch = ImportBatch(pk=0, name="dry run")
    _describe(batch, folder, fingerprint(folder), site)
    execute(_SHADOW)
    try:
        stage(batch, folder, progress)
        judge(batch, progress)
        batch.report = report_of(batch, folder)
    finally:
        execute("DROP TABLE pg_temp.importers_stagedrow")
    return batch


def run(batch: ImportBatch, folder: Path, *, category: Category | None, progress: Progress) -> ImportBatch:
    """Do what is left to do of the import. A batch that is done stays as it is.

    Raises ImportRefused when another process is at it, DumpError when a file cannot be read.
    """
    if batch.status == ImportBatch.Status.DONE:
        return batch
    with _alone(batch):
        stage(batch, folder, progress)
        judge(batch, progress)
        number(batch)
        _report(batch, folder)
        home = _category(batch, category)
        _set_status(batch, ImportBatch.Status.BUILDING)
        build_tags(batch, progress)
        build_members(batch, progress)
        build_badges(batch, progress)
        build_topics(batch, home, progress)
        _finish(batch)
    return batch


def _report(batch: ImportBatch, folder: Path) -> None:
    """Write the report before anything is built, while what was here before can still be told apart."""
    if not batch.report:
        batch.report = report_of(batch, folder)
        batch.save(update_fields=["report"])


@transaction.atomic
def _finish(batch: ImportBatch) -> None:
    counters.recount_categories()
    page_cache.invalidate_on_commit()
    batch.report = confirmed(batch)
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
        home = wanted or Category.objects.filter(slug=slug, kind=Category.Kind.QA).first()
        batch.made_category = home is None
        batch.category = home or Category.objects.create(
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


@contextmanager
def _alone(batch: ImportBatch) -> Iterator[None]:
    """Hold the batch for this process; a process that dies lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, batch.pk])
        if not cursor.fetchone()[0]:
            raise ImportRefused(f"{batch.name} is being imported by another process.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, batch.pk])
