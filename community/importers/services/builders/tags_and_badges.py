"""Import tags and badges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import transaction
from django.utils.text import slugify

from community.badges.models import Award, Badge
from community.core.markdown import sanitized
from community.core.rendered_html import text_of
from community.core.text import storable
from community.forum.models import Tag
from community.forum.services import tags
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.importers.services.statements import reset_query_log, save_progress
from community.importers.stackexchange.history import versions_of
from community.importers.stackexchange.kinds import LEVELS
from community.importers.stackexchange.text import from_markdown

BATCH_SIZE = 2000


def build_tags(batch: ImportBatch, progress: Progress) -> None:
    """Create missing tags, and fill in missing descriptions; existing descriptions are kept."""
    usable = StagedRow.objects.filter(batch_id=batch.pk, file="tags", skip="").order_by("ordinal")
    done = int(batch.progress.get("build:tags", 0))
    progress.start("Tags", usable.filter(ordinal__gt=done).count())
    while rows := list(usable.filter(ordinal__gt=done)[:BATCH_SIZE]):
        done = rows[-1].ordinal
        with transaction.atomic():
            described = {**batch.progress.get("described", {}), **_build_tags(batch, rows)}
            save_progress(batch, **{"build:tags": done, "described": described})
        progress.advance(len(rows))
        reset_query_log()


def _build_tags(batch: ImportBatch, rows: list[StagedRow]) -> dict[str, str]:
    """Return the descriptions added to existing tags by tag id, for an undo."""
    names = {row.key: tags.normalize(row.data["TagName"]) for row in rows}
    ours = set(Tag.objects.filter(name__in=names.values()).values_list("name", flat=True))
    known = {tag.name: tag for tag in tags.get_or_create(names.values())}
    texts = _descriptions(batch, rows)
    new: list[ImportedRow] = []
    described = {}
    for row in rows:
        tag = known.get(names[row.key])
        if tag is None:
            continue
        if not tag.description and texts.get(row.key):
            tag.description = texts[row.key]
            tag.save(update_fields=["description"])
            if tag.name in ours:
                described[str(tag.pk)] = tag.description
        # A tag that existed before must survive an undo, so its target is 0.
        target = 0 if tag.name in ours else tag.pk
        new.append(
            ImportedRow(
                batch=batch, site=batch.site, kind=ImportedRow.Kind.TAG, source_id=row.key, target_id=target
            )
        )
    ImportedRow.objects.bulk_create(new)
    return described


def _descriptions(batch: ImportBatch, rows: list[StagedRow]) -> dict[int, str]:
    wanted = {
        post: row.key
        for row in rows
        for name in ("ExcerptPostId", "WikiPostId")
        if (post := row.data.get(name))
    }
    staged = StagedRow.objects.filter(batch_id=batch.pk, source_id__in=wanted, file="posts", skip="")
    history: dict[int, list[StagedRow]] = {}
    for row in StagedRow.objects.filter(batch_id=batch.pk, file="history", parent_id__in=wanted):
        if int(row.data.get("PostHistoryTypeId", 99)) < 10 and row.created_at:
            history.setdefault(row.parent_id or 0, []).append(row)
    texts: dict[int, str] = {}
    # Excerpts have a lower PostTypeId, so they come before the full text.
    for post in sorted(staged, key=lambda post: int(post.data["PostTypeId"])):
        versions = versions_of(history.get(post.key, []))
        text = storable(_words(post, versions[-1].body if versions else None))
        tag = wanted[post.key]
        if text and text not in texts.get(tag, ""):
            texts[tag] = f"{texts[tag]}\n\n{text}" if tag in texts else text
    return texts


def _words(row: StagedRow, markdown: str | None) -> str:
    """Return the description of a tag; pages show it as stored."""
    return from_markdown(markdown) if markdown is not None else text_of(sanitized(row.data.get("Body", "")))


def build_badges(batch: ImportBatch, progress: Progress) -> None:
    """Import earned badges, as badges that can no longer be earned."""
    usable = StagedRow.objects.filter(batch_id=batch.pk, file="badges", skip="").order_by("ordinal")
    done = int(batch.progress.get("build:badges", 0))
    progress.start("Badges", usable.filter(ordinal__gt=done).count())
    while rows := list(usable.filter(ordinal__gt=done)[:BATCH_SIZE]):
        done = rows[-1].ordinal
        with transaction.atomic():
            _build_awards(batch, rows)
            save_progress(batch, **{"build:badges": done})
        progress.advance(len(rows))
        reset_query_log()


def _build_awards(batch: ImportBatch, rows: list[StagedRow]) -> None:
    badges = _badges(rows)
    users = StagedRow.objects.filter(
        batch_id=batch.pk,
        file="users",
        source_id__in={row.parent_id for row in rows},
        target_id__isnull=False,
    )
    members = {
        source: target
        for source, target in users.values_list("source_id", "target_id")
        if source is not None and target is not None
    }
    awards = [
        Award(
            badge=badges[_kind(row)],
            member_id=members[row.parent_id or 0],
            key=f"{batch.site[:40]}:{row.key}",
            source=Award.Source.IMPORT,
            awarded_at=row.at,
        )
        for row in rows
    ]
    Award.objects.bulk_create(awards)
    ImportedRow.objects.bulk_create(
        ImportedRow(
            batch=batch, site=batch.site, kind=ImportedRow.Kind.BADGE, source_id=row.key, target_id=award.pk
        )
        for row, award in zip(rows, awards, strict=True)
    )


def _badges(rows: Iterable[StagedRow]) -> dict[tuple[str, str], Badge]:
    """Return a badge for each name and level in the rows; some sites use one name for several levels."""
    return {kind: _badge(*kind) for kind in {_kind(row): None for row in rows}}


def _kind(row: StagedRow) -> tuple[str, str]:
    return row.data["Name"][:60], LEVELS.get(row.data.get("Class", 3), "bronze")


def _badge(name: str, level: str) -> Badge:
    found = Badge.objects.filter(source=Badge.Source.IMPORTED, name=name, level=level).first()
    return found or Badge.objects.create(
        slug=_free_slug(name, level),
        name=name,
        sentence="Earned in our previous community.",
        level=level,
        series=Badge.Series.IMPORTED,
        rule={"by": "import"},
        source=Badge.Source.IMPORTED,
        position=10_000,
    )


def _free_slug(name: str, level: str) -> str:
    digest = hashlib.sha256(f"{name} {level}".encode()).hexdigest()[:12]
    base = f"imported-{slugify(name) or digest}"
    slugs = [f"{base[: 60 - len(suffix)]}{suffix}" for suffix in ("", f"-{level}", f"-{digest}")]
    taken = set(Badge.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    return next(slug for slug in slugs if slug not in taken)
