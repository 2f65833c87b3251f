from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .topics import Topic


class ReadState(models.Model):
    """How far a member has read in a topic."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    last_read_number = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "topic"], name="read_state_once")]
