from __future__ import annotations

from decimal import Decimal
from functools import cache

from django.db import models
from django.utils.translation import gettext_lazy as _

from community.core.prepared import Prepared

NEW_UNTIL_POSTS = 5


class Policy(models.Model):
    """The numbers of moderation, in one row that the admin edits. Defaults: COMMUNITY.md rows 64, 66, 67, 72."""

    hide_at = models.DecimalField(
        _("Hide a post at"),
        max_digits=5,
        decimal_places=2,
        default=Decimal("8.33"),
        help_text=_(
            "Weight of flags at which a post is hidden until a moderator has looked; 8.33 is about three flags by established members."
        ),
    )
    silence_at_reporters = models.PositiveSmallIntegerField(
        _("Silence a new member at"),
        default=3,
        help_text=_(
            "Different people who flag a new member's posts before the member is silenced until a moderator has looked; 0 never."
        ),
    )
    approve_first_posts = models.PositiveSmallIntegerField(
        _("First posts that wait for approval"),
        default=1,
        help_text=_("Of members who are neither staff nor verified customers; 0 none."),
    )
    new_until_posts = models.PositiveSmallIntegerField(
        _("A member is new until"),
        default=NEW_UNTIL_POSTS,
        help_text=_(
            "Posts that must have been published before the limits below end. Verified customers never have them."
        ),
    )
    max_links = models.PositiveSmallIntegerField(_("Links in a post"), default=2)
    max_images = models.PositiveSmallIntegerField(_("Images in a post"), default=1)
    max_attachments = models.PositiveSmallIntegerField(_("Attachments in a post"), default=0)
    max_mentions = models.PositiveSmallIntegerField(_("People mentioned in a post"), default=2)
    first_day_topics = models.PositiveSmallIntegerField(_("Topics on the first day"), default=3)
    first_day_replies = models.PositiveSmallIntegerField(_("Replies on the first day"), default=10)
    replies_per_topic = models.PositiveSmallIntegerField(_("Replies in one topic"), default=3)
    seconds_between_posts = models.PositiveSmallIntegerField(_("Seconds between posts"), default=30)

    class Meta:
        verbose_name = _("moderation policy")
        verbose_name_plural = _("moderation policy")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="policy_one_row")]

    def __str__(self) -> str:
        return "Moderation policy"

    @classmethod
    def current(cls) -> Policy:
        """Return the row, or the defaults while nobody has changed them."""
        return _current().first() or cls(pk=1)


@cache
def _current() -> Prepared[Policy]:
    return Prepared(lambda: Policy.objects.filter(pk=1))


class BlockedWord(models.Model):
    """A word or phrase that is not posted without a look at it."""

    class Action(models.TextChoices):
        BLOCK = "block", _("Refuse the post")
        HOLD = "hold", _("Hold the post for approval")
        FLAG = "flag", _("Publish it, and put it in the review queue")

    phrase = models.CharField(
        max_length=100, unique=True, help_text=_("Whole words, in any case; * stands for any letters.")
    )
    action = models.CharField(max_length=5, choices=Action, default=Action.HOLD)
    note = models.CharField(max_length=200, blank=True, help_text=_("For the team: why it is here."))

    class Meta:
        ordering = ["phrase"]

    def __str__(self) -> str:
        return self.phrase
