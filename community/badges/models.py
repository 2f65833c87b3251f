from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.core.components import validate_icon
from community.forum.models import Post

from . import criteria

if TYPE_CHECKING:
    from community.members.models import Member


class BadgeQuerySet(models.QuerySet["Badge"]):
    def active(self) -> BadgeQuerySet:
        return self.filter(is_active=True)

    def with_holders(self, *, excluding: models.QuerySet[Any, Any] | None = None) -> BadgeQuerySet:
        """Annotate `holder_count`: the number of members who hold the badge publicly."""
        public = Q(awards__in=Award.objects.public(excluding=excluding))
        return self.annotate(holder_count=Count("awards__member", filter=public, distinct=True))


class Badge(models.Model):
    """An achievement and the rule that awards it. Awards do not expire."""

    class Level(models.TextChoices):
        BRONZE = "bronze", _("Bronze")
        SILVER = "silver", _("Silver")
        GOLD = "gold", _("Gold")

    class Series(models.TextChoices):
        FIRSTS = "firsts", _("First steps")
        ANSWERS = "answers", _("Answers")
        QUESTIONS = "questions", _("Questions")
        CONVERSATION = "conversation", _("Conversation")
        THANKS = "thanks", _("Thanks")
        BELONGING = "belonging", _("Belonging")
        ADVOCACY = "advocacy", _("Advocacy")
        IMPORTED = "imported", _("From our previous community")

    class Source(models.TextChoices):
        OURS = "ours", _("This community")
        IMPORTED = "imported", _("Imported")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    sentence = models.CharField(max_length=200, help_text=_("Shown to the member who earns the badge."))
    icon = models.CharField(max_length=40, default="award", help_text=_("The name of a Lucide icon."))
    level = models.CharField(max_length=6, choices=Level, default=Level.BRONZE)
    series = models.CharField(max_length=12, choices=Series, default=Series.FIRSTS)
    rule = models.JSONField(
        default=dict, help_text=_('For example: {"event": "answer.accepted", "at_least": 10}')
    )
    source = models.CharField(max_length=8, choices=Source, default=Source.OURS)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(
        default=True, help_text=_("Inactive badges are neither awarded nor shown.")
    )
    is_customised = models.BooleanField(
        default=False, help_text=_("Changed in the admin. Upgrades do not overwrite it.")
    )

    objects = BadgeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address("badges:badge-detail", self.slug)

    def clean(self) -> None:
        validate_icon(self.icon)
        try:
            criteria.parse(self.rule)
        except ValueError as error:
            raise ValidationError({"rule": str(error)}) from error


class AwardQuerySet(models.QuerySet["Award"]):
    def held(self) -> AwardQuerySet:
        return self.filter(taken_back_at__isnull=True, badge__is_active=True)

    def public(self, *, excluding: models.QuerySet[Any, Any] | None = None) -> AwardQuerySet:
        """Return the awards that active members hold who are not private; `excluding` are other members to leave out."""
        awards = self.filter(taken_back_at__isnull=True, member__is_active=True, member__is_private=False)
        return awards if excluding is None else awards.exclude(member__in=excluding)

    def of_member(self, member: Member) -> AwardQuerySet:
        return self.held().filter(member=member).select_related("badge").order_by("-awarded_at", "-pk")

    def numbers_of(self, member: Member) -> dict[int, int]:
        """Return the number of awards the member holds, by badge id."""
        return dict(
            self.held().filter(member=member).values_list("badge").annotate(times=Count("pk")).order_by()
        )


class Award(models.Model):
    """A badge awarded to a member. Revoking keeps the row, so that no rule awards it again."""

    class Source(models.TextChoices):
        RULE = "rule", _("Earned")
        HAND = "hand", _("Awarded manually")
        IMPORT = "import", _("Imported")

    badge = models.ForeignKey(Badge, on_delete=models.CASCADE, related_name="awards")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="awards")
    # Distinguishes several awards of a badge: "post:812", "year:2"; empty when it can be earned only once.
    key = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=6, choices=Source, default=Source.RULE)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="awards")
    # The event that completed the count. Not a foreign key, because the event table is partitioned.
    event_id = models.UUIDField(null=True, blank=True)
    awarded_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    taken_back_reason = models.CharField(max_length=200, blank=True)

    objects = AwardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["badge", "member", "key"], name="award_once"),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | ~Q(taken_back_reason=""),
                name="award_taken_back_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-awarded_at"], name="award_member"),
            models.Index(fields=["badge", "-awarded_at"], name="award_badge"),
        ]

    def __str__(self) -> str:
        return f"{self.badge} for {self.member}"
