from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .engine import weights


class Band(models.TextChoices):
    """How much a member speaks and stands up for the brand, by score: 10, 25, 40 and 65 are the lines."""

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
        """Scores that may be shown: of people who are here and are not staff."""
        return self.filter(member__is_active=True, member__role="")

    def ranked(self) -> ScoreQuerySet:
        """The highest scores first; of what has faded away, who once had the highest."""
        return self.order_by("-score", "-best", "member_id")

    def quiet_promoters(self) -> ScoreQuerySet:
        """Members who would recommend us and have done nothing else for it yet: the best to ask next."""
        silent = {
            f"explanation__components__{key}__sum": 0
            for key in (weights.HELPFULNESS, weights.REFERRAL, weights.PROOF, weights.CONTENT)
        }
        return self.filter(explanation__components__sentiment__sum__gt=0, **silent).ranked()


class Score(models.Model):
    """A member's advocacy score. Staff, and members who did nothing that counts, have no row."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="advocacy"
    )
    score = models.DecimalField(max_digits=5, decimal_places=2)
    band = models.CharField(max_length=10, choices=Band)
    # See `engine.explain.explain`.
    explanation = models.JSONField()
    # The exact date on which time alone takes the score over a whole number.
    next_due = models.DateField(null=True)
    as_of = models.DateField()
    # The highest that was kept of it, which no longer counts and is not forgotten.
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
        """Whether it once was higher by a point or more."""
        return self.best - self.score >= 1

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        """Key, points and most of each component, in their order (which JSON in the database forgets)."""
        stored = self.explanation["components"]
        return [(key, stored[key]["points"], part.most) for key, part in weights.COMPONENTS.items()]

    @property
    def points(self) -> dict[str, str]:
        """Points by component, as text with two decimals."""
        return {key: part["points"] for key, part in self.explanation["components"].items()}


class ScoreHistory(models.Model):
    """What the score was, whenever it changed its band or by a point or more."""

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
