from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.members.models import team_q
from community.moderation.active_sanctions import out_of_reach

from . import labels, segments
from .engine import weights


class Band(models.TextChoices):
    """The band of a score; `weights.BANDS` has the limits."""

    NONE = weights.NONE, _("No band yet")
    EMERGING = weights.EMERGING, _("Emerging")
    PROMISING = weights.PROMISING, _("Promising")
    ADVOCATE = weights.ADVOCATE, _("Advocate")
    CHAMPION = weights.CHAMPION, _("Champion")

    @property
    def floor(self) -> int:
        """The lowest score of the band."""
        return weights.BANDS[self.value]


class ScoreQuerySet(models.QuerySet["Score"]):
    def of_members(self) -> ScoreQuerySet:
        """Scores of active members who are not staff: neither suspended nor deactivated."""
        return self.exclude(team_q("member")).exclude(member__in=out_of_reach(timezone.now()))

    def ranked(self) -> ScoreQuerySet:
        """Highest score first; ties by the highest score they ever had."""
        return self.order_by("-score", "-best", "member_id")

    def quiet_promoters(self) -> ScoreQuerySet:
        """Promoters without any other contribution: the best members to ask next."""
        silent = {
            f"explanation__components__{key}__sum": 0
            for key in (weights.HELPFULNESS, weights.REFERRAL, weights.PROOF, weights.CONTENT)
        }
        return self.filter(explanation__components__sentiment__sum__gt=0, **silent).ranked()

    def of_kind(self, kind: str) -> ScoreQuerySet:
        """Members with this segment; see `segments.KINDS`."""
        component, least = segments.KINDS[kind]
        points = Cast(KT(f"explanation__components__{component}__points"), models.FloatField())
        return self.alias(of_kind=points).filter(of_kind__gte=least)


class Score(models.Model):
    """A member's advocacy score. Staff, and members without an act that counts, have no row."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="advocacy"
    )
    score = models.DecimalField(max_digits=5, decimal_places=2)
    band = models.CharField(max_length=10, choices=Band)
    # See `engine.explain.explain`.
    explanation = models.JSONField()
    # The exact date on which the score crosses a whole number without new events.
    next_due = models.DateField(null=True)
    as_of = models.DateField()
    # The highest score stored so far; does not decay.
    best = models.DecimalField(max_digits=5, decimal_places=2)
    best_on = models.DateField()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(score__range=(0, 100)), name="score_from_0_to_100")
        ]
        indexes = [
            models.Index(fields=["-score", "-best", "member"], name="score_ranked"),
            models.Index(fields=["band", "-score", "-best", "member"], name="score_ranked_in_band"),
        ]

    def __str__(self) -> str:
        return f"{self.score} ({self.band})"

    @property
    def has_faded(self) -> bool:
        """Whether it has fallen by at least a point from its best."""
        return self.best - self.score >= 1

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        """Key, points and maximum of each component, in order (jsonb does not preserve it)."""
        stored = self.explanation["components"]
        return [(key, stored[key]["points"], part.most) for key, part in weights.COMPONENTS.items()]

    @property
    def shown_parts(self) -> list[tuple[str, str, int]]:
        """The parts that are not 0.0 when shown with one decimal."""
        return [part for part in self.parts if labels.is_shown(part[1])]

    @property
    def top(self) -> list[dict[str, Any]]:
        """The acts that contribute most, with their names and days."""
        return [
            {**entry, "what": labels.ACTS[entry["kind"]], "on": date.fromisoformat(entry["day"])}
            for entry in self.explanation["top"]
            if labels.is_shown(entry["each"])
        ]

    @property
    def points(self) -> dict[str, str]:
        """Points by component, as strings with two decimals."""
        return {key: part["points"] for key, part in self.explanation["components"].items()}


class ScoreHistory(models.Model):
    """The score at each change of its band, or of a point or more."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="advocacy_history", db_index=False
    )
    on_date = models.DateField()
    score = models.DecimalField(max_digits=5, decimal_places=2)
    band = models.CharField(max_length=10, choices=Band)
    components = models.JSONField()

    class Meta:
        verbose_name_plural = _("score history")
        indexes = [models.Index(fields=["member", "-on_date"], name="score_history_of_member")]

    def __str__(self) -> str:
        return f"{self.score} on {self.on_date}"
