from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from community.core.prepared import Prepared, compiled_at_start

NEW_UNTIL_POSTS = 5


def team_words() -> list[str]:
    """Words that make a name claim to be the team's."""
    one = ["admin", "helpdesk", "official", "staff", "support", "sysadmin", "team", "webmaster"]
    titles = ["administrator", "administratorin", "administrateur", "administrador", "администратор"]
    titles += ["moderator", "moderatorin", "moderateur", "moderador", "модератор"]
    return [*one, *titles, "community manager", "customer care", "customer service", "help desk"]


class Policy(models.Model):
    """Thresholds and limits of moderation: a single row."""

    hide_at = models.DecimalField(
        _("Flag weight that hides a post"),
        max_digits=5,
        decimal_places=2,
        default=Decimal("8.33"),
        help_text=_(
            "A post whose flags reach this weight is hidden until a moderator reviews it. 8.33 is about three flags from established members."
        ),
    )
    silence_at_reporters = models.PositiveSmallIntegerField(
        _("Reporters who silence a new member"),
        default=3,
        help_text=_(
            "When this many different people flag posts by a new member, the member is silenced until a moderator reviews them. 0 turns this off."
        ),
    )
    approve_first_posts = models.PositiveSmallIntegerField(
        _("First posts that need approval"),
        default=1,
        help_text=_("Applies to members who are neither staff nor verified customers. 0 turns this off."),
    )
    new_until_posts = models.PositiveSmallIntegerField(
        _("Posts until a member is no longer new"),
        default=NEW_UNTIL_POSTS,
        help_text=_(
            "The limits below end once this many posts are published. They never apply to verified customers."
        ),
    )
    max_links = models.PositiveSmallIntegerField(_("Links in a post"), default=2)
    max_images = models.PositiveSmallIntegerField(_("Images in a post"), default=1)
    max_attachments = models.PositiveSmallIntegerField(_("Attachments in a post"), default=0)
    max_mentions = models.PositiveSmallIntegerField(_("Mentions in a post"), default=2)
    first_day_topics = models.PositiveSmallIntegerField(_("Topics on the first day"), default=3)
    first_day_replies = models.PositiveSmallIntegerField(_("Replies on the first day"), default=10)
    replies_per_topic = models.PositiveSmallIntegerField(_("Replies in one topic"), default=3)
    seconds_between_posts = models.PositiveSmallIntegerField(_("Seconds between posts"), default=30)
    reserved_words = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("Words reserved for staff"),
        default=team_words,
        blank=True,
        help_text=_(
            "Members outside the team cannot use these words in names or usernames, however they spell them. Separate the words with commas."
        ),
    )
    reserve_site_name = models.BooleanField(
        _("Reserve the name of this site"),
        default=True,
        help_text=_("Members outside the team cannot use it in names or usernames."),
    )

    class Meta:
        verbose_name = _("moderation policy")
        verbose_name_plural = _("moderation policy")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="policy_one_row")]

    def __str__(self) -> str:
        return "Moderation policy"

    @classmethod
    def current(cls) -> Policy:
        """Return the row, or the defaults if it has not been saved yet."""
        return _current().first() or cls(pk=1)


@compiled_at_start()
def _current() -> Prepared[Policy]:
    return Prepared(lambda: Policy.objects.filter(pk=1))


class BlockedWord(models.Model):
    """A word or phrase that makes a post refused, held for approval or flagged."""

    class Action(models.TextChoices):
        BLOCK = "block", _("Reject the post")
        HOLD = "hold", _("Hold the post for approval")
        FLAG = "flag", _("Publish the post and add it to the review queue")

    phrase = models.CharField(
        max_length=100,
        unique=True,
        help_text=_(
            "Matches whole words, ignoring case, accents and look-alike letters. * matches any letters. Words that reject or hold posts are not allowed in names and profiles."
        ),
    )
    action = models.CharField(max_length=5, choices=Action, default=Action.HOLD)
    note = models.CharField(
        max_length=200, blank=True, help_text=_("An internal note on why this is blocked.")
    )

    class Meta:
        ordering = ["phrase"]

    def __str__(self) -> str:
        return self.phrase

    def clean(self) -> None:
        if not any(char.isalnum() for char in self.phrase):
            raise ValidationError({"phrase": _("Enter at least one letter or digit.")})
