"""Taking an import back: everything it brought goes, what people made of it since does not go unasked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from community.badges.models import Award, Badge
from community.core import page_cache
from community.events.models import Event
from community.events.services import purge
from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import counters
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.members.models import Member
from journeys.services import mark_events

from .building.people import NOBODY
from .imports import ImportRefused

SIZE = 200
MARKED = 5000
Kind = ImportedRow.Kind


def undo(batch: ImportBatch, *, force: bool, progress: Progress) -> dict[str, int]:
    """Remove what the import brought, and return how many of what went. Can be run again after a crash.

    Members who have taken their account over, or who own something that did not come with the import, stay.
    Raises ImportRefused when people have added to imported topics, unless `force`.
    """
    if batch.status == ImportBatch.Status.UNDONE:
        return {}
    added = posts_added(batch).count()
    if added and not force:
        raise ImportRefused(
            f"Posts written in imported topics since then: {added:,}. "
            "Move them elsewhere, or run import_undo with --force to delete them as well."
        )
    batch.status = ImportBatch.Status.UNDOING
    batch.save(update_fields=["status"])
    gone = {"events": _purge_events(batch)}
    gone["topics"] = _in_parts("Topics", Topic.objects.filter(pk__in=_topics(batch)), progress)
    gone["badges"] = _remove_badges(batch)
    gone["members"] = _in_parts("Members", _leaving(batch), progress)
    _remove_rest(batch)
    page_cache.invalidate_on_commit()
    return gone


def posts_added(batch: ImportBatch) -> QuerySet[Post]:
    """Posts in the batch's topics that the batch did not bring."""
    ours = ImportedRow.objects.filter(
        batch=batch, kind__in=(Kind.POST, Kind.COMMENT), target_id=OuterRef("pk")
    )
    return posts_in(batch).exclude(Exists(ours))


def posts_in(batch: ImportBatch) -> QuerySet[Post]:
    """Every post in the batch's topics, whoever wrote it."""
    return Post.objects.filter(topic__in=_topics(batch))


def _targets(batch: ImportBatch, *kinds: str) -> QuerySet[ImportedRow, Any]:
    return ImportedRow.objects.filter(batch=batch, kind__in=kinds).values("target_id")


def _topics(batch: ImportBatch) -> QuerySet[Post, Any]:
    return Post.objects.filter(pk__in=_targets(batch, Kind.POST), kind=Post.Kind.OPENING).values("topic_id")


def _leaving(batch: ImportBatch) -> QuerySet[Member]:
    """Members the batch brought who have nothing here but what it brought."""
    leaving: QuerySet[Member] = (
        Member.objects.filter(pk__in=_targets(batch, Kind.USER), claimed_at=None)
        .exclude(Exists(Post.objects.filter(author=OuterRef("pk"))))
        .exclude(Exists(Topic.objects.filter(author=OuterRef("pk"))))
    )
    return leaving


@transaction.atomic
def _purge_events(batch: ImportBatch) -> int:
    """Delete the import's events, and those that followers and people built on what it brought.

    Their days are marked, so that the next drain drops what was computed of them.
    """
    built_on = (
        Q(member__in=Member.objects.filter(pk__in=_targets(batch, Kind.USER), claimed_at=None).values("pk"))
        | Q(object_type="forum.post", object_id__in=_targets(batch, Kind.POST, Kind.COMMENT))
        | Q(object_type="forum.post", object_id__in=posts_in(batch).values("pk"))
        | Q(object_type="forum.topic", object_id__in=_topics(batch))
    )
    going = Event.objects.filter(Q(source=batch.event_source) | built_on).iterator(chunk_size=MARKED)
    while events := list(islice(going, MARKED)):
        mark_events(events)
    return purge(source=batch.event_source, also=built_on)


def _in_parts(what: str, leaving: QuerySet[Any], progress: Progress) -> int:
    keys = list(leaving.values_list("pk", flat=True))
    progress.start(what, len(keys))
    for part in _parts(keys):
        with transaction.atomic():
            leaving.model.objects.filter(pk__in=part).delete()
        progress.advance(len(part))
    return len(keys)


def _parts(keys: list[int]) -> Iterator[list[int]]:
    rest = iter(keys)
    while part := list(islice(rest, SIZE)):
        yield part


@transaction.atomic
def _remove_badges(batch: ImportBatch) -> int:
    gone, _ = Award.objects.filter(pk__in=_targets(batch, Kind.BADGE)).delete()
    Badge.objects.filter(source=Badge.Source.IMPORTED, awards=None).delete()
    return gone


@transaction.atomic
def _remove_rest(batch: ImportBatch) -> None:
    Tag.objects.filter(pk__in=_targets(batch, Kind.TAG), topics=None).delete()
    Member.objects.filter(username=NOBODY, posts=None, topics=None).delete()
    if batch.category_id and batch.made_category:
        Category.objects.filter(pk=batch.category_id, topics=None, children=None).delete()
    counters.recount_categories()
    # Whoever stays keeps the row that says who they were, for the next import of the same site.
    ImportedRow.objects.filter(batch=batch).exclude(
        Q(kind=Kind.USER) & Exists(Member.objects.filter(pk=OuterRef("target_id")))
    ).delete()
    StagedRow.objects.filter(batch=batch).delete()
    batch.status, batch.progress, batch.category = ImportBatch.Status.UNDONE, {}, None
    batch.made_category, batch.finished_at = False, timezone.now()
    batch.save()
