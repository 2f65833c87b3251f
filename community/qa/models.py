from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.forum.models import Post, Topic


class Question(models.Model):
    """The question part of a topic: which answer was accepted, by whom and when."""

    topic = models.OneToOneField(Topic, on_delete=models.CASCADE, primary_key=True, related_name="question")
    accepted_answer = models.OneToOneField(
        Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="accepted_for"
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["-accepted_at"],
                condition=Q(accepted_at__isnull=False),
                name="question_accepted",
            ),
        ]

    def __str__(self) -> str:
        return str(self.topic)


class Vote(models.Model):
    """One member's vote on a question or an answer."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="votes")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes")
    value = models.SmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "member"], name="vote_once"),
            models.CheckConstraint(condition=Q(value__in=(1, -1)), name="vote_up_or_down"),
        ]


class OfficialMark(models.Model):
    """Marks an answer or reply as official: staff confirmed it on the company's behalf."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="official_mark")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
