"""Undo an import: delete everything it created. Posts that people have added since require `force`."""

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
from community.events.services.recording import purge
from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import counters
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.members.models import Member
from journeys.services.dirty import mark_events

from .builders.people import FORMER_MEMBER
from .imports import ImportRefused

BATCH_SIZE = 200
EVENT_BATCH_SIZE = 5000
Kind = ImportedRow.Kind


def undo(batch: ImportBatch, *, force: bool, progress: Progress) -> dict[str, int]:
    """Delete everything the import created. Return the number deleted of each kind; empty if already undone.

    Can be run again after a crash. Members who have claimed their account, or who have posts that were not
    imported, are kept. Raises ImportRefused if people have posted in imported topics, unless `force`.
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
    deleted = {"events": _purge_events(batch)}
    deleted["topics"] = _delete_in_batches("Topics", Topic.objects.filter(pk__in=_topics(batch)), progress)
    deleted["badges"] = _delete_badges(batch)
    deleted["members"] = _delete_in_batches("Members", _deletable_members(batch), progress)
    _delete_rest(batch)
    page_cache.invalidate_on_commit()
    return deleted


def posts_added(batch: ImportBatch) -> QuerySet[Post]:
    """Posts in the batch's topics that the batch did not import."""
    ours = ImportedRow.objects.filter(
        batch=batch, kind__in=(Kind.POST, Kind.COMMENT), target_id=OuterRef("pk")
    )
    return posts_in(batch).exclude(Exists(ours))


def posts_in(batch: ImportBatch) -> QuerySet[Post]:
    """All posts in the batch's topics, imported or not."""
    return Post.objects.filter(topic__in=_topics(batch))


def _targets(batch: ImportBatch, *kinds: str) -> QuerySet[ImportedRow, Any]:
    return ImportedRow.objects.filter(batch=batch, kind__in=kinds).values("target_id")


def _topics(batch: ImportBatch) -> QuerySet[Post, Any]:
    return Post.objects.filter(pk__in=_targets(batch, Kind.POST), kind=Post.Kind.OPENING).values("topic_id")


def _deletable_members(batch: ImportBatch) -> QuerySet[Member]:
    """Unclaimed members of the batch who have no posts or topics outside it."""
    members: QuerySet[Member] = (
        Member.objects.filter(pk__in=_targets(batch, Kind.USER), claimed_at=None)
        .exclude(Exists(Post.objects.filter(author=OuterRef("pk"))))
        .exclude(Exists(Topic.objects.filter(author=OuterRef("pk"))))
    )
    return members


@transaction.atomic
def _purge_events(batch: ImportBatch) -> int:
    """Delete the import's events, and all other events about its members, posts and topics.

    Their days are marked for recalculation, so that the next drain drops what was computed from them.
    """
    related = (
        Q(member__in=Member.objects.filter(pk__in=_targets(batch, Kind.USER), claimed_at=None).values("pk"))
        | Q(object_type="forum.post", object_id__in=_targets(batch, Kind.POST, Kind.COMMENT))
        | Q(object_type="forum.post", object_id__in=posts_in(batch).values("pk"))
        | Q(object_type="forum.topic", object_id__in=_topics(batch))
    )
    doomed = Event.objects.filter(Q(source=batch.event_source) | related).iterator(
        chunk_size=EVENT_BATCH_SIZE
    )
    while events := list(islice(doomed, EVENT_BATCH_SIZE)):
        mark_events(events)
    return purge(source=batch.event_source, also=related)


def _delete_in_batches(what: str, queryset: QuerySet[Any], progress: Progress) -> int:
    pks = list(queryset.values_list("pk", flat=True))
    progress.start(what, len(pks))
    for batch in _batches(pks):
        with transaction.atomic():
            queryset.model.objects.filter(pk__in=batch).delete()
        progress.advance(len(batch))
    return len(pks)


def _batches(pks: list[int]) -> Iterator[list[int]]:
    rest = iter(pks)
    while batch := list(islice(rest, BATCH_SIZE)):
        yield batch


@transaction.atomic
def _delete_badges(batch: ImportBatch) -> int:
    deleted, _ = Award.objects.filter(pk__in=_targets(batch, Kind.BADGE)).delete()
    Badge.objects.filter(source=Badge.Source.IMPORTED, awards=None).delete()
    return deleted


@transaction.atomic
def _delete_rest(batch: ImportBatch) -> None:
    Tag.objects.filter(pk__in=_targets(batch, Kind.TAG), topics=None).delete()
    Member.objects.filter(username=FORMER_MEMBER, posts=None, topics=None).delete()
    if batch.category_id and batch.made_category:
        Category.objects.filter(pk=batch.category_id, topics=None, children=None).delete()
    counters.recount_categories()
    # Members who stay keep their mapping, for the next import of the same site.
    ImportedRow.objects.filter(batch=batch).exclude(
        Q(kind=Kind.USER) & Exists(Member.objects.filter(pk=OuterRef("target_id")))
    ).delete()
    StagedRow.objects.filter(batch=batch).delete()
    batch.status, batch.progress, batch.category = ImportBatch.Status.UNDONE, {}, None
    batch.made_category, batch.finished_at = False, timezone.now()
    batch.save()
