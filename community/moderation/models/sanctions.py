from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.forum.models import Post

from .flags import Reason


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force(self, now: datetime | None = None) -> SanctionQuerySet:
        """Silences and suspensions that apply at this moment; warnings are never in force."""
        now = now or timezone.now()
        return self.exclude(kind=Sanction.Kind.WARNING).filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now), lifted_at__isnull=True, starts_at__lte=now
        )

    def by_severity(self) -> SanctionQuerySet:
        """Suspensions before silences, and the longest first."""
        is_suspension = Q(kind=Sanction.Kind.SUSPENSION)
        return self.order_by(
            Case(When(is_suspension, then=0), default=1), F("ends_at").desc(nulls_first=True)
        )

    def not_lifted(self) -> SanctionQuerySet:
        """Sanctions that were not lifted, including expired ones."""
        return self.filter(lifted_at__isnull=True)

    def strikes(self) -> SanctionQuerySet:
        return self.not_lifted().filter(is_strike=True)


class Sanction(models.Model):
    """A warning, silence or suspension, with the reason and message the member was given."""

    class Kind(models.TextChoices):
        WARNING = "warning", _("Warning")
        SILENCE = "silence", _("Silence")
        SUSPENSION = "suspension", _("Suspension")

    SEVERITY = {Kind.WARNING: 1, Kind.SILENCE: 2, Kind.SUSPENSION: 3}

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sanctions")
    kind = models.CharField(max_length=10, choices=Kind)
    rule = models.CharField(max_length=13, choices=Reason, default=Reason.OTHER)
    reason = models.CharField(max_length=300, help_text=_("One sentence. The member will see it."))
    message = models.TextField(blank=True, help_text=_("More details for the member."))
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Leave empty if it should last until lifted.")
    )
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lift_reason = models.CharField(max_length=300, blank=True)
    # False for automatic precautions, which apply until a moderator reviews them.
    is_strike = models.BooleanField(default=True)
    ending_told_at = models.DateTimeField(null=True, blank=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="sanction_ends_later"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="sanction_says_why"),
        ]
        indexes = [models.Index(fields=["member", "-starts_at"], name="sanction_member")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:decision-detail", args=[self.pk])

    @property
    def severity(self) -> int:
        return self.SEVERITY[self.Kind(self.kind)]

    @property
    def is_in_force(self) -> bool:
        if self.lifted_at or self.kind == self.Kind.WARNING:
            return False
        return self.ends_at is None or self.ends_at > timezone.now()

    @property
    def state(self) -> str:
        """The state as a label: lifted, sent (warnings), active or ended."""
        if self.lifted_at:
            return str(_("lifted"))
        if self.kind == self.Kind.WARNING:
            return str(_("sent"))
        return str(_("active")) if self.is_in_force else str(_("ended"))
