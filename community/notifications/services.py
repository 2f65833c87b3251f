"""Create notifications and mark them as read."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from community.members.models import Member

from .models import Notification


@transaction.atomic
def notify(
    member: Member,
    *,
    kind: str,
    subject: models.Model,
    actor: Member | None = None,
    text: str = "",
    key: str = "",
    at: datetime | None = None,
) -> Notification | None:
    """Notify the member; idempotent. Return None if they should not be notified.

    Skips members' own actions, and members who are inactive or unclaimed. `key` distinguishes several
    notifications of one kind about the same subject.
    """
    if not _is_reachable(member) or (actor is not None and actor.pk == member.pk):
        return None
    line, _ = Notification.objects.get_or_create(
        member=member,
        key=f"{kind}:{subject._meta.label_lower}:{subject.pk}:{key}",
        defaults={
            "kind": kind,
            "subject_type": subject._meta.label_lower,
            "subject_id": subject.pk,
            "actor": actor,
            "text": text,
            "created_at": at or timezone.now(),
        },
    )
    return line


@transaction.atomic
def notify_grouped(
    member: Member, *, kind: str, subject: models.Model, actor: Member, key: str, at: datetime | None = None
) -> Notification | None:
    """Add one more person to the member's unread notification about this subject, or create one.

    Not idempotent: call it once per occurrence, as followers do. `key` identifies the occurrence.
    """
    if not _is_reachable(member) or actor.pk == member.pk:
        return None
    line = (
        Notification.objects.select_for_update()
        .unread()
        .filter(member=member, kind=kind, subject_type=subject._meta.label_lower, subject_id=subject.pk)
        .first()
    )
    if line is None:
        return notify(member, kind=kind, subject=subject, actor=actor, key=key, at=at)
    line.actor, line.created_at, line.people = actor, at or timezone.now(), F("people") + 1
    line.save(update_fields=["actor", "created_at", "people"])
    line.refresh_from_db(fields=["people"])
    return line


def _is_reachable(member: Member) -> bool:
    return member.is_claimed and member.is_active


def mark_read(notification: Notification) -> None:
    """Mark one notification as read; keeps the time it was first read."""
    Notification.objects.filter(pk=notification.pk).unread().update(read_at=timezone.now())


def mark_all_read(member: Member, *, until: datetime | None = None) -> int:
    """Mark the member's notifications up to `until` as read. Return how many were unread."""
    lines = Notification.objects.filter(member=member).unread()
    if until is not None:
        lines = lines.filter(created_at__lte=until)
    return lines.update(read_at=timezone.now())


def delete_unread(subject: models.Model, *, kinds: tuple[str, ...] = ()) -> int:
    """Delete unread notifications about a subject, such as a hidden post. Return how many."""
    lines = Notification.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=subject.pk
    ).unread()
    if kinds:
        lines = lines.filter(kind__in=kinds)
    return lines.delete()[0]


def unread_count(member: Member) -> int:
    """How many unread notifications the member has; no query for the member of a session."""
    known: int | None = getattr(member, "unread_notifications", None)
    return Notification.objects.filter(member=member).unread().count() if known is None else known


def with_unread_count(members: QuerySet[Member]) -> QuerySet[Member]:
    """Add `unread_notifications`, in the same statement."""
    unread = Notification.objects.filter(member=OuterRef("pk")).unread().order_by().values("member")
    count = Subquery(unread.annotate(n=Count("pk")).values("n"))
    return members.annotate(unread_notifications=Coalesce(count, 0))
