"""Import tags and badges."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.text import slugify

from community.badges.models import Award, Badge
from community.core.text import storable
from community.forum.models import Tag
from community.forum.services import tags
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.importers.services.statements import reset_query_log, save_progress
from community.importers.stackexchange.history import versions_of
from community.importers.stackexchange.kinds import LEVELS

from .texts import source_of

BATCH_SIZE = 2000


def build_tags(batch: ImportBatch, progress: Progress) -> None:
    """Create missing tags, and fill in missing descriptions; existing descriptions are kept."""
    usable = StagedRow.objects.filter(batch_id=batch.pk, file="tags", skip="").order_by("ordinal")
    done = int(batch.progress.get("build:tags", 0))
    progress.start("Tags", usable.filter(ordinal__gt=done).count())
    while rows := list(usable.filter(ordinal__gt=done)[:BATCH_SIZE]):
        done = rows[-1].ordinal
        with transaction.atomic():
            _build_tags(batch, rows)
            save_progress(batch, **{"build:tags": done})
        progress.advance(len(rows))
        reset_query_log()


def _build_tags(batch: ImportBatch, rows: list[StagedRow]) -> None:
    names = {row.key: tags.normalize(row.data["TagName"]) for row in rows}
    ours = set(Tag.objects.filter(name__in=names.values()).values_list("name", flat=True))
    known = {tag.name: tag for tag in tags.get_or_create(names.values())}
    texts = _descriptions(batch, rows)
    new: list[ImportedRow] = []
    for row in rows:
        tag = known.get(names[row.key])
        if tag is None:
            continue
        if not tag.description and texts.get(row.key):
            tag.description = texts[row.key]
            tag.save(update_fields=["description"])
        # A tag that existed before must survive an undo, so its target is 0.
        target = 0 if tag.name in ours else tag.pk
        new.append(
            ImportedRow(
                batch=batch, site=batch.site, kind=ImportedRow.Kind.TAG, source_id=row.key, target_id=target
            )
        )
    ImportedRow.objects.bulk_create(new)


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
        text = storable(source_of(post, versions[-1].body if versions else None))
        tag = wanted[post.key]
        if text and text not in texts.get(tag, ""):
            texts[tag] = f"{texts[tag]}\n\n{text}" if tag in texts else text
    return texts


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
    badges = _badges({row.data["Name"]: row for row in rows})
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
            badge=badges[row.data["Name"]],
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


def _badges(examples: dict[str, StagedRow]) -> dict[str, Badge]:
    slugs = {
        name: f"imported-{slugify(name) or hashlib.sha256(name.encode()).hexdigest()[:12]}"[:60]
        for name in examples
    }
    Badge.objects.bulk_create(
        [
            Badge(
                slug=slugs[name],
                name=name[:60],
                sentence="Earned in our previous community.",
                level=LEVELS.get(row.data.get("Class", 3), "bronze"),
                series=Badge.Series.IMPORTED,
                rule={"by": "import"},
                source=Badge.Source.IMPORTED,
                position=10_000,
            )
            for name, row in examples.items()
        ],
        ignore_conflicts=True,
    )
    found = {badge.slug: badge for badge in Badge.objects.filter(slug__in=slugs.values())}
    return {name: found[slug] for name, slug in slugs.items()}
