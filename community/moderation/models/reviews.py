from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.forum.models import Post

from .sanctions import Sanction


class ReviewItemQuerySet(models.QuerySet["ReviewItem"]):
    def open(self) -> ReviewItemQuerySet:
        return self.filter(closed_at__isnull=True)

    def by_post(self, post_ids: Collection[int]) -> dict[int, ReviewItem]:
        """Return the most urgent open item about each of these posts."""
        items = self.open().filter(post__in=post_ids).order_by("priority") if post_ids else ()
        return {item.post_id: item for item in items if item.post_id}

    def most_urgent_first(self) -> ReviewItemQuerySet:
        return self.order_by("-priority", "created_at", "pk")


class ReviewItem(models.Model):
    """An item of the review queue: a flagged post, a held post or an appeal."""

    class Kind(models.TextChoices):
        FLAGGED = "flagged", _("Flagged post")
        HELD = "held", _("Held post")
        APPEAL = "appeal", _("Appeal")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        MEDIUM = 2, _("Medium")
        HIGH = 3, _("High")

    class Outcome(models.TextChoices):
        KEPT = "kept", _("Kept")
        HIDDEN = "hidden", _("Hidden")
        EDITED = "edited", _("Edited")
        UPHELD = "upheld", _("Decision upheld")
        LIFTED = "lifted", _("Decision reversed")
        WITHDRAWN = "withdrawn", _("No longer needed")

    kind = models.CharField(max_length=8, choices=Kind)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="reviews")
    # The author of the post, or the person who appeals.
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews")
    sanction = models.ForeignKey(
        Sanction, null=True, blank=True, on_delete=models.CASCADE, related_name="appeals"
    )
    reason = models.CharField(max_length=300, blank=True, help_text=_("Why this needs a review."))
    text = models.TextField(blank=True, help_text=_("The text of an appeal."))
    score = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    # Incremented by every change; used for optimistic locking.
    version = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("review items")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "kind"],
                condition=Q(closed_at__isnull=True, sanction__isnull=True),
                name="review_open_once",
            ),
            models.UniqueConstraint(
                fields=["sanction"], condition=Q(closed_at__isnull=True), name="review_appeal_once"
            ),
            models.CheckConstraint(
                condition=Q(post__isnull=False) | Q(sanction__isnull=False), name="review_of_something"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="review_closed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "created_at"], condition=Q(closed_at__isnull=True), name="review_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class ReviewStep(models.Model):
    """An entry in the history of a review item."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="steps")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    says = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.says
