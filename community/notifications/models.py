from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """A notification for one member.

    The subject is stored as a type and an id, because its table belongs to an app above this one;
    `subjects.py` resolves it to a title and a URL that the reader may see.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        MENTION = "mention", _("Mention")
        ACCEPTED = "accepted", _("Accepted answer")
        LIKE = "like", _("Like")
        BADGE = "badge", _("Badge")
        DESK = "desk", _("Sales desk")
        MODERATION = "moderation", _("From the moderators")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    # The latest of the `people` grouped into this notification.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    people = models.PositiveIntegerField(default=1)
    text = models.TextField(blank=True)
    # Makes notify() idempotent: one notification per member and key.
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["member", "-created_at"], name="notification_member"),
            models.Index(fields=["member"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["subject_type", "subject_id"], name="notification_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.member_id}"
