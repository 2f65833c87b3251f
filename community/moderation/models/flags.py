from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.forum.models import Post


class Reason(models.TextChoices):
    OFF_TOPIC = "off_topic", _("Off-topic")
    SPAM = "spam", _("Spam")
    INAPPROPRIATE = "inappropriate", _("Inappropriate")
    ILLEGAL = "illegal", _("Illegal")
    OTHER = "other", _("Something else")


class Flag(models.Model):
    """A member's report of a post, with the parts of its weight as calculated when it was raised."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        UPHELD = "upheld", _("Upheld")
        DECLINED = "declined", _("Declined")

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="flags")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="flags")
    reason = models.CharField(max_length=13, choices=Reason)
    text = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    base = models.DecimalField(max_digits=4, decimal_places=2, default=1)
    trust = models.DecimalField(max_digits=4, decimal_places=2, default=0)
    accuracy = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    urgency = models.DecimalField(max_digits=4, decimal_places=2, default=0)
    take_action = models.DecimalField(max_digits=4, decimal_places=2, default=0)
    weight = models.DecimalField(max_digits=5, decimal_places=2)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["post", "member"], name="flag_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=0), name="flag_weight_not_negative"),
            models.CheckConstraint(condition=~models.Q(reason="other", text=""), name="flag_other_says_what"),
        ]
        indexes = [models.Index(fields=["member", "status"], name="flag_member")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.weight})"

    @property
    def arithmetic(self) -> str:
        """The calculation of the weight: “1 + 2 trust + 0.4 accuracy = 3.4”, or just “1”."""
        parts = [f"{self.base.normalize():f}"]
        for value, word in (
            (self.trust, _("trust")),
            (self.accuracy, _("accuracy")),
            (self.urgency, _("urgency")),
            (self.take_action, _("take action")),
        ):
            if value:
                parts.append(f"{'−' if value < 0 else '+'} {abs(value).normalize():f} {word}")
        total = f"{self.weight.normalize():f}"
        return f"{' '.join(parts)} = {total}" if len(parts) > 1 else total
