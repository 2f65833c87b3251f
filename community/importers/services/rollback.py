"""Undo an import: delete everything it created. Posts that people have added since require `force`.

Every transaction first waits for running followers and drains, and keeps others from starting, because they lock the
same rows and write about what is being deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from django.apps import apps
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from community.badges.models import Award, Badge
from community.core import page_cache
from community.events.models import DeadLetter, Event
from community.events.services.cursors import hold_followers
from community.events.services.recording import purge
from community.forum.models import Category, Tag, Topic
from community.forum.services import counters
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.members.models import Member
from community.notifications.models import Notification
from journeys.services import dirty, removal, shards

from .builders.people import FORMER_MEMBER
from .imports import ImportRefused, hold
from .statements import save_progress
from .undo_scope import Kind, Scope, scope_of

BATCH_SIZE = 200
EVENT_BATCH_SIZE = 5000
T = TypeVar("T")


def undo(batch: ImportBatch, *, force: bool, progress: Progress) -> dict[str, int]:
    """Delete everything the import created. Return the number of rows deleted of each kind; empty if already undone.

    Can be run again after a crash; the numbers are totals of all runs. Members are kept if they have claimed their
    account or posted elsewhere, or if another system has sent something about them.

    Raises ImportRefused if people have posted in imported topics, unless `force`, or if another process is importing
    or undoing the batch.
    """
    with hold(batch):
        if batch.status == ImportBatch.Status.UNDONE:
            return {}
        scope = scope_of(batch)
        if not force:
            _refuse_if_added(scope, scope.topics)
        batch.status, batch.progress = ImportBatch.Status.UNDOING, _progress_of(batch, scope)
        batch.save(update_fields=["status", "progress"])
        _delete_derived(scope, progress)
        _delete_topics(scope, progress, force=force)
        _delete_members(scope, progress)
        return _finish(batch)


def _progress_of(batch: ImportBatch, scope: Scope) -> dict[str, object]:
    """What later runs need to know: the topics, for rows about them, and the number of rows deleted so far."""
    return {"deleted": {}, **batch.progress, "topics": scope.topics}


def _refuse_if_added(scope: Scope, topics: list[int]) -> None:
    if added := scope.posts_added(topics).count():
        raise ImportRefused(
            f"Posts written in imported topics since then: {added:,}. "
            "Move them elsewhere, or run import_undo with --force to delete them as well."
        )


@contextmanager
def _step(batch: ImportBatch) -> Iterator[Counter[str]]:
    """A transaction without followers and drains that saves the number of rows deleted by model."""
    with transaction.atomic():
        hold_followers()
        shards.hold_drains()
        deleted = Counter(batch.progress.get("deleted", {}))
        yield deleted
        save_progress(batch, deleted=deleted)


def _delete_derived(scope: Scope, progress: Progress) -> None:
    progress.start("Events", 1)
    with _step(scope.batch) as deleted:
        _purge(scope, deleted)
    progress.advance(1)


def _purge(scope: Scope, deleted: Counter[str]) -> None:
    """Delete the events and everything computed from them. Days of members who stay are marked for recalculation."""
    gone = set(scope.members)
    awards = {*scope.awards, *_pks(Award.objects.filter(post__any_of=scope.posts))}
    history: list[int] = []
    for events in _in_parts(_events(scope.events()), EVENT_BATCH_SIZE):
        ids = [event.event_id for event in events]
        staying = [event for event in events if event.member_id not in gone]
        dirty.mark_events(staying)
        members = {event.member_id for event in staying if event.member_id is not None}
        history += removal.delete_history(members, evidence=ids)
        awards.update(_pks(Award.objects.filter(event_id__any_of=ids)))
        deleted.update(DeadLetter.objects.filter(event_id__any_of=ids).delete()[1])
    about_those = Q(object_type="badges.award", object_id__any_of=list(awards))
    about_those |= Q(object_type="journeys.stagehistory", object_id__any_of=history)
    dirty.mark_events(event for event in _events(about_those) if event.member_id not in gone)
    deleted.update(
        {"events.Event": purge(scope.events() | about_those), "journeys.StageHistory": len(history)}
    )
    deleted.update(Award.objects.filter(pk__any_of=list(awards)).delete()[1])
    deleted.update(removal.delete_journeys(scope.members))


def _events(condition: Q) -> Iterator[Event]:
    return Event.objects.filter(condition).iterator(chunk_size=EVENT_BATCH_SIZE)


def _delete_topics(scope: Scope, progress: Progress, *, force: bool) -> None:
    progress.start("Topics", len(scope.topics))
    for part in _in_parts(scope.topics, BATCH_SIZE):
        with _step(scope.batch) as deleted:
            topics = Topic.objects.filter(pk__in=part)
            _lock(part)
            if not force:
                _refuse_if_added(scope, part)
            deleted.update(topics.delete()[1])
        progress.advance(len(part))
    with _step(scope.batch) as deleted:
        elsewhere = set(scope.posts_moved().values_list("topic", flat=True))
        _lock(elsewhere)
        deleted.update(scope.posts_moved().delete()[1])
        counters.recount_topics(elsewhere)


def _lock(topics: Iterable[int]) -> None:
    """Lock topics before their posts, like everything that writes to them."""
    list(Topic.objects.select_for_update(of=("self",)).filter(pk__in=topics).order_by("pk"))


def _delete_members(scope: Scope, progress: Progress) -> None:
    progress.start("Members", len(scope.members))
    for part in _in_parts(scope.members, BATCH_SIZE):
        with _step(scope.batch) as deleted:
            pks = _pks(scope.members_to_delete(part))
            deleted.update(removal.delete_journeys(pks))
            deleted.update(Member.objects.filter(pk__in=pks).delete()[1])
        progress.advance(len(part))


def _finish(batch: ImportBatch) -> dict[str, int]:
    """Delete the rest, including what was recorded while topics and members were being deleted."""
    with _step(batch) as deleted:
        _purge(scope_of(batch), deleted)
        _delete_shared(batch, deleted)
        _delete_notifications(deleted)
        counters.recount_categories()
        page_cache.invalidate_on_commit()
        _delete_rows(batch)
    total = {
        str(apps.get_model(label)._meta.verbose_name_plural): rows for label, rows in deleted.items() if rows
    }
    batch.status, batch.progress, batch.category = ImportBatch.Status.UNDONE, {}, None
    batch.made_category, batch.finished_at = False, timezone.now()
    batch.save()
    return total


def _delete_shared(batch: ImportBatch, deleted: Counter[str]) -> None:
    """Delete what the import created for all its topics and members, unless it is used elsewhere."""
    for tag, description in batch.progress.get("described", {}).items():
        Tag.objects.filter(pk=tag, description=description).update(description="")
    tags = ImportedRow.objects.filter(batch=batch, kind=Kind.TAG).values("target_id")
    for rows in (
        Tag.objects.filter(pk__in=tags, topics=None),
        Badge.objects.filter(source=Badge.Source.IMPORTED, awards=None),
        Member.objects.filter(username=FORMER_MEMBER, posts=None, topics=None),
        _category_made(batch),
    ):
        deleted.update(rows.delete()[1])


def _category_made(batch: ImportBatch) -> QuerySet[Category]:
    made = Category.objects.filter(pk=batch.category_id or 0, topics=None, children=None)
    return made if batch.made_category else made.none()


def _delete_notifications(deleted: Counter[str]) -> None:
    """Delete the notifications about deleted rows: their subjects are not foreign keys."""
    for subject_type in Notification.objects.order_by().values_list("subject_type", flat=True).distinct():
        subjects = apps.get_model(subject_type)._default_manager.filter(pk=OuterRef("subject_id"))
        about_nothing = Notification.objects.filter(subject_type=subject_type).exclude(Exists(subjects))
        deleted.update(about_nothing.delete()[1])


def _delete_rows(batch: ImportBatch) -> None:
    """Delete the mapping from rows in the dump to rows here. It is kept for members who stay, for the next import."""
    staying = Q(kind=Kind.USER) & Exists(Member.objects.filter(pk=OuterRef("target_id")))
    ImportedRow.objects.filter(batch=batch).exclude(staying).delete()
    StagedRow.objects.filter(batch=batch).delete()


def _pks(rows: Iterable[Member | Award]) -> list[int]:
    return [row.pk for row in rows]


def _in_parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part
