from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Subquery
from django.utils import timezone

from .topics import Topic

if TYPE_CHECKING:
    from community.members.models import Member


class ReadStateQuerySet(models.QuerySet["ReadState"]):
    def unread_counts(self, member: Member, topic_ids: Collection[int]) -> dict[int, int]:
        """Return unread counts as in `TopicQuerySet.with_unread_of`, by topic id, without zeros."""
        posts = apps.get_model("forum", "Post").objects.published().exclude(author=member)
        later = posts.filter(topic=OuterRef("topic"), number__gt=OuterRef("last_read_number")).order_by()
        counted = later.values("topic").annotate(n=Count("pk")).values("n")
        behind = self.filter(member=member, topic__in=topic_ids, last_read_number__lt=F("topic__last_number"))
        return {pk: n for pk, n in behind.annotate(n=Subquery(counted)).values_list("topic", "n") if n}


class ReadState(models.Model):
    """How far a member has read in a topic."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    last_read_number = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(default=timezone.now)

    objects = ReadStateQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "topic"], name="read_state_once")]
