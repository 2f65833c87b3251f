from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.forum.models import Category, Topic
from community.members.models import team_q

from . import durations, hours
from .hours import validate_zone

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from community.members.models import Member


def checkout_words() -> list[str]:
    return ["checkout", "cart", "basket", "buy-now", "add-to-cart", "order"]


class ProspectForumQuerySet(models.QuerySet["ProspectForum"]):
    def visible_to(self, user: Member | AnonymousUser) -> ProspectForumQuerySet:
        categories = Category.objects.visible_to(user).filter(is_archived=False, kind=Category.Kind.PROSPECT)
        return self.filter(category__in=categories)

    def staffed_by(self, member: Member) -> ProspectForumQuerySet:
        """Forums that the member answers in; all of them for managers."""
        if member.is_manager:
            return self.all()
        return self.filter(roster__member=member, roster__is_active=True).distinct()

    def with_roster(self) -> ProspectForumQuerySet:
        """Load who answers in the forums, as `on_duty`."""
        on_duty = RosterEntry.objects.on_duty().select_related("member")
        return self.prefetch_related(models.Prefetch("roster", queryset=on_duty, to_attr="on_duty"))


class ProspectForum(models.Model):
    """The settings that make a category a prospect forum: its roster and response times."""

    category = models.OneToOneField(
        Category, on_delete=models.CASCADE, primary_key=True, related_name="prospect_forum"
    )
    promise_minutes = models.PositiveIntegerField(
        default=240,
        validators=[MinValueValidator(1), MaxValueValidator(43_200)],
        help_text=_(
            "The number of minutes within which a salesperson should reply; only service hours count."
        ),
    )
    grace_minutes = models.PositiveIntegerField(
        default=30, help_text=_("The number of minutes in which only customers can answer.")
    )
    opens_at = models.TimeField(
        null=True, blank=True, help_text=_("When the team starts to answer; leave empty if it always does.")
    )
    closes_at = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(
        max_length=60,
        default="UTC",
        validators=[validate_zone],
        help_text=_("The time zone of these hours, such as Europe/Berlin. Readers see them in their own."),
    )
    answers_on_weekends = models.BooleanField(default=False)
    welcome = models.CharField(
        max_length=300, blank=True, help_text=_("Tells visitors what they can ask here and who will answer.")
    )
    checkout_words = ArrayField(
        models.CharField(max_length=40),
        default=checkout_words,
        blank=True,
        help_text=_("Links that contain one of these words are not allowed in a first answer."),
    )
    staff_share_limit = models.PositiveSmallIntegerField(
        default=50,
        help_text=_(
            "The sales desk shows a warning when staff write more than this percentage of the replies."
        ),
    )

    objects = ProspectForumQuerySet.as_manager()

    class Meta:
        ordering = ["category__position", "category__name"]
        constraints = [
            models.CheckConstraint(
                name="prospect_forum_opens_and_closes",
                condition=Q(opens_at=None, closes_at=None)
                | Q(opens_at__isnull=False, closes_at__isnull=False),
                violation_error_message=_("Enter both when the team starts to answer and when it stops."),
            )
        ]

    def __str__(self) -> str:
        return self.category.name

    def due_at(self, waiting_since: datetime) -> datetime:
        """Return when the promised reply is due; only service hours count, if they are set."""
        promise = timedelta(minutes=self.promise_minutes)
        return self._after_open_for(promise, waiting_since)

    def closed_until(self, now: datetime) -> datetime | None:
        """Return when the team starts to answer again; None while it answers."""
        opens = self._after_open_for(timedelta(0), now)
        return opens if opens > now else None

    def _after_open_for(self, wait: timedelta, start: datetime) -> datetime:
        if not self.opens_at or not self.closes_at:
            return start + wait
        return hours.due(
            start,
            wait,
            opens=self.opens_at,
            closes=self.closes_at,
            zone=ZoneInfo(self.time_zone),
            every_day=self.answers_on_weekends,
        )

    @property
    def promise_in_words(self) -> str:
        return durations.in_words(self.promise_minutes)

    @property
    def hours_in_words(self) -> str:
        """When the team answers, in the reader's time zone; empty if that is not set."""
        if not self.opens_at or not self.closes_at:
            return ""
        zone = ZoneInfo(self.time_zone)
        return hours.in_words(
            self.opens_at, self.closes_at, zone=zone, every_day=self.answers_on_weekends, now=timezone.now()
        )

    @property
    def grace_in_words(self) -> str:
        return durations.in_words(self.grace_minutes)

    @property
    def grace(self) -> timedelta:
        return timedelta(minutes=self.grace_minutes)


class RosterEntryQuerySet(models.QuerySet["RosterEntry"]):
    def on_duty(self) -> RosterEntryQuerySet:
        return self.filter(team_q("member"), is_active=True, member__is_active=True)


class RosterEntry(models.Model):
    """A salesperson who answers in a prospect forum, with their real name."""

    forum = models.ForeignKey(ProspectForum, on_delete=models.CASCADE, related_name="roster")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="roster")
    real_name = models.CharField(max_length=80)
    title = models.CharField(max_length=80, help_text=_("For example: Advisor for cafés, Lisbon."))
    is_trained = models.BooleanField(
        default=False, help_text=_("Trained in consultative selling. Only trained staff can answer.")
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = RosterEntryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "real_name"]
        verbose_name_plural = _("roster entries")
        constraints = [models.UniqueConstraint(fields=["forum", "member"], name="roster_entry_once")]

    def __str__(self) -> str:
        return f"{self.real_name}, {self.title}"


RECENTLY = timedelta(days=30)
CARD_FIELDS = (
    "state",
    "waiting_since",
    "opens_at",
    "due_at",
    "peer_replies",
    "staff_replies",
    "is_urgent",
    "urgent_reason",
    "claimed_at",
    "first_staff_at",
    "claimed_by__avatar",
    "claimed_by__display_name",
    "claimed_by__username",
    "forum__answers_on_weekends",
    "forum__closes_at",
    "forum__opens_at",
    "forum__staff_share_limit",
    "forum__time_zone",
    "topic__title",
    "topic__author__avatar",
    "topic__author__company__name",
    "topic__author__company__slug",
    "topic__author__display_name",
    "topic__author__journey__shown_stage",
    "topic__author__journey__stage",
    "topic__author__journey__sub_stage",
    "topic__author__username",
)


def assigned_q(now: datetime) -> Q:
    """Questions whose claim has not expired; `now` may be the placeholder of a prepared statement."""
    return Q(claimed_by__isnull=False, claimed_at__gt=Value(now) - Value(DeskQuestion.CLAIM_LASTS))


def recently_answered_q(now: datetime) -> Q:
    return Q(state=DeskQuestion.State.ANSWERED, waiting_since__gt=Value(now) - Value(RECENTLY))


class DeskQuestionQuerySet(models.QuerySet["DeskQuestion"]):
    def at_desk_of(self, member: Member) -> DeskQuestionQuerySet:
        return self.filter(forum__in=ProspectForum.objects.staffed_by(member))

    def open(self) -> DeskQuestionQuerySet:
        return self.filter(state=DeskQuestion.State.OPEN)

    def for_work(self, now: datetime) -> DeskQuestionQuerySet:
        """Open questions that staff may answer, earliest due first, then those that wait longest."""
        work = self.open().filter(Q(is_urgent=True) | Q(opens_at__lte=now))
        return work.order_by("due_at", "waiting_since", "pk")

    def assigned(self, now: datetime) -> DeskQuestionQuerySet:
        """Open questions that somebody is assigned to, in the order of `for_work`."""
        return self.for_work(now).filter(assigned_q(now))

    def held_back(self, now: datetime) -> DeskQuestionQuerySet:
        """Open questions in their grace period, when only peers may answer."""
        return self.open().filter(is_urgent=False, opens_at__gt=now).order_by("opens_at", "pk")

    def answered(self, now: datetime) -> DeskQuestionQuerySet:
        """Questions asked in the last 30 days whose last word is the team's, latest first."""
        return self.filter(recently_answered_q(now)).order_by("-waiting_since", "-pk")

    def with_people(self) -> DeskQuestionQuerySet:
        return self.select_related(
            "topic__author__company",
            "topic__author__journey",
            "topic__category",
            "forum__category",
            "claimed_by",
        )

    def for_cards(self) -> DeskQuestionQuerySet:
        """Load what a card of the desk shows, and nothing else."""
        related = ("topic__author__company", "topic__author__journey", "forum", "claimed_by")
        return self.select_related(*related).only(*CARD_FIELDS)


class DeskQuestion(models.Model):
    """A prospect's topic on the sales desk. Everything but claim, urgency and settling is derived from the posts."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered by staff")
        SETTLED = "settled", _("No answer needed")
        GONE = "gone", _("Not on the sales desk")

    CLAIM_LASTS = timedelta(hours=1)

    topic = models.OneToOneField(Topic, on_delete=models.CASCADE, primary_key=True, related_name="at_desk")
    forum = models.ForeignKey(ProspectForum, on_delete=models.CASCADE, related_name="questions")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField()
    # When the question was asked, or when the asker first wrote after the last staff reply.
    waiting_since = models.DateTimeField()
    opens_at = models.DateTimeField(help_text=_("Until then, only customers can answer."))
    due_at = models.DateTimeField(help_text=_("When the promised reply is due."))
    first_peer_at = models.DateTimeField(null=True, blank=True)
    first_staff_at = models.DateTimeField(null=True, blank=True)
    peer_replies = models.PositiveIntegerField(default=0)
    staff_replies = models.PositiveIntegerField(default=0)
    is_urgent = models.BooleanField(default=False)
    urgent_reason = models.CharField(max_length=200, blank=True)
    urgent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When staff marked the question as needing no answer.")
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="claims"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = DeskQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True) | Q(claimed_at__isnull=False),
                name="desk_question_claimed_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="desk_question_open"),
            models.Index(fields=["state", "-waiting_since"], name="desk_question_recent"),
        ]

    def __str__(self) -> str:
        return str(self.topic)

    def get_state_display(self) -> str:  # type: ignore[no-redef]
        return str(self.State(self.state).label)

    @property
    def replies(self) -> int:
        return self.peer_replies + self.staff_replies

    @property
    def staff_share(self) -> int:
        """Percentage of replies by staff."""
        return 100 * self.staff_replies // self.replies if self.replies else 0

    @property
    def has_too_much_staff(self) -> bool:
        return self.replies > 1 and self.staff_share > self.forum.staff_share_limit

    def is_held_back(self, now: datetime) -> bool:
        return self.state == self.State.OPEN and not self.is_urgent and self.opens_at > now

    def holder(self, now: datetime) -> Member | None:
        """Return who has claimed the question; a claim expires after `CLAIM_LASTS`."""
        if self.claimed_by is None or self.claimed_at is None or self.claimed_at <= now - self.CLAIM_LASTS:
            return None
        return self.claimed_by


class Handover(models.Model):
    """A question assigned to a colleague, with a note."""

    question = models.ForeignKey(DeskQuestion, on_delete=models.CASCADE, related_name="handovers")
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.giver} to {self.receiver}"
