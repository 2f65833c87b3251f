from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from .engine import activity, stages


class Stage(models.TextChoices):
    """The four stages. Labels can be translated; keys are fixed, so that funnels stay comparable."""

    DISCOVERY = stages.DISCOVERY, _("Discovery")
    ENGAGEMENT = stages.ENGAGEMENT, _("Engagement")
    CONVERSION = stages.CONVERSION, _("Conversion")
    RELATIONSHIP = stages.RELATIONSHIP, _("Relationship")


class SubStage(models.TextChoices):
    ANONYMOUS = stages.ANONYMOUS, _("anonymous")
    REGISTERED = stages.REGISTERED, _("registered")
    DORMANT = stages.DORMANT, _("dormant")
    EXPLORING = stages.EXPLORING, _("exploring")
    EVALUATING = stages.EVALUATING, _("evaluating")
    WIN_BACK = stages.WIN_BACK, _("win back")
    FIRST_PURCHASE = stages.FIRST_PURCHASE, _("first purchase")
    REPURCHASE = stages.REPURCHASE, _("repurchase")
    ADOPTION = stages.ADOPTION, _("adoption")
    RETENTION = stages.RETENTION, _("retention")
    EXPANSION = stages.EXPANSION, _("expansion")
    ADVOCACY = stages.ADVOCACY, _("advocacy")


class Activity(models.TextChoices):
    NEW = activity.NEW, _("new")
    ACTIVE = activity.ACTIVE, _("active")
    COOLING = activity.COOLING, _("cooling")
    DORMANT = activity.DORMANT, _("dormant")
    RESURRECTED = activity.RESURRECTED, _("resurrected")


# Django's own `get_*_display` translates every label to find one.
STAGE_LABELS = {stage.value: stage.label for stage in Stage}
SUB_STAGE_LABELS = {sub_stage.value: sub_stage.label for sub_stage in SubStage}


class Ruleset(models.Model):
    """One version of the rules. A trigger makes published versions read-only."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="live"), name="one_live_ruleset"
            )
        ]

    def __str__(self) -> str:
        return f"Rules, version {self.version} ({self.get_status_display()})"


class Dirty(models.Model):
    """A dirty member-day to roll up and fold again; without a day, a member to fold again.

    Append-only and without a unique key, so that a row added while the same member-day is being drained is not
    lost. These rows are the queue: there is no other flag.
    """

    shard = models.PositiveSmallIntegerField()
    member_id = models.BigIntegerField()
    day = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shard", "member_id"], name="dirty_by_member")]
        verbose_name_plural = "dirty member-days"


class Checkpoint(models.Model):
    """The state of a busy member before the day `since`. See `services/checkpoints.py`."""

    pk = models.CompositePrimaryKey("member_id", "month")
    member_id = models.BigIntegerField()
    month = models.DateField()  # the first day of the month of `since`
    since = models.DateField()
    ruleset = models.PositiveIntegerField()
    code = models.TextField()  # a digest of the code that can read the states
    fold = models.BinaryField()
    advocacy = models.BinaryField()


class EngineVersion(models.Model):
    """A single row: the version of the engine that all stored journeys were computed with."""

    version = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_engine_version")]

    def __str__(self) -> str:
        return f"Engine {self.version}"


class StoredNumbers(models.Model):
    """Numbers of a report; see `services/report_numbers.py`."""

    key = models.TextField(primary_key=True)
    versions = models.JSONField()  # those of their sources, from before they were counted
    numbers = models.JSONField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class MemberDay(models.Model):
    """The rollup: a member's events of one kind on one UTC day. See `engine.facts.Fact` for the columns."""

    pk = models.CompositePrimaryKey("member_id", "day", "kind")
    member_id = models.BigIntegerField()
    day = models.DateField()
    # Collation "C" sorts as Python does, so that both rollups list the evidence in the same order.
    kind = models.CharField(max_length=60, db_collation="C")
    n = models.PositiveIntegerField()
    ids = models.BinaryField()
    pairs = models.JSONField(null=True)
    items = models.JSONField(null=True)

    class Meta:
        db_table = "member_day"


class MemberStateQuerySet(models.QuerySet["MemberState"]):
    def due(self, today: date) -> MemberStateQuerySet:
        """Members whose state is due to change by that day without an event."""
        return self.filter(next_due__lte=today)


class MemberState(models.Model):
    """A member's current stage. Staff and members without events have no row."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="journey"
    )
    stage = models.CharField(max_length=12, choices=Stage)
    sub_stage = models.CharField(max_length=16, choices=SubStage)
    facets = ArrayField(models.CharField(max_length=16, choices=SubStage), default=list, blank=True)
    cycle = models.PositiveSmallIntegerField()
    stage_since = models.DateField()
    first_on = models.DateField()
    last_active_on = models.DateField(null=True)
    customer_since = models.DateField(null=True)
    activity = models.CharField(max_length=12, choices=Activity)
    risks = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    at_risk = models.BooleanField()
    # The computed stage, or that of a live override.
    shown_stage = models.CharField(max_length=12, choices=Stage)
    # The exact date on which something changes without an event.
    next_due = models.DateField(null=True, db_index=True)
    next_due_why = models.CharField(max_length=40, blank=True)
    ruleset = models.PositiveIntegerField()
    as_of = models.DateField()

    objects = MemberStateQuerySet.as_manager()

    class Meta:
        db_table = "member_state"
        indexes = [models.Index(fields=["stage", "sub_stage"], name="member_state_by_stage")]

    def __str__(self) -> str:
        return f"{self.stage}.{self.sub_stage}"

    def get_shown_stage_display(self) -> str:  # type: ignore[no-redef]
        return str(STAGE_LABELS.get(self.shown_stage, self.shown_stage))

    def get_sub_stage_display(self) -> str:  # type: ignore[no-redef]
        return str(SUB_STAGE_LABELS.get(self.sub_stage, self.sub_stage))

    @property
    def is_overridden(self) -> bool:
        return self.shown_stage != self.stage

    @property
    def chip(self) -> Chip:
        """What a chip beside the member's name says."""
        return _chip(
            self.shown_stage, self.sub_stage, self.is_overridden, self.stage_since, get_language() or ""
        )


class Chip(NamedTuple):
    text: str
    title: str


@lru_cache(maxsize=4096)
def _chip(stage: str, sub_stage: str, is_overridden: bool, since: date, language: str) -> Chip:
    """Return the chip in the active language; many members entered the same stage on the same day."""
    labels = STAGE_LABELS.get(stage, stage), SUB_STAGE_LABELS.get(sub_stage, sub_stage)
    sentence = (
        gettext("%(stage)s since %(day)s, now %(sub_stage)s; set manually")
        if is_overridden
        else gettext("%(stage)s since %(day)s, now %(sub_stage)s")
    )
    values = {"stage": labels[0], "sub_stage": labels[1], "day": _day(since, language)}
    return Chip(capfirst(str(labels[1])), sentence % values)


@lru_cache(maxsize=1024)
def _day(day: date, _language: str) -> str:
    return date_format(day, "j F Y")


class StageHistoryQuerySet(models.QuerySet["StageHistory"]):
    def current(self) -> StageHistoryQuerySet:
        """Rows that have not been superseded."""
        return self.filter(superseded_at__isnull=True)

    def moves(self) -> StageHistoryQuerySet:
        """Rows that enter a stage, without changes of sub-stage and facets."""
        return self.exclude(prev=models.F("stage"))


class StageHistory(models.Model):
    """A period in one stage and sub-stage, with its evidence.

    Bitemporal: `effective_on` and `exited_on` are valid time, `recorded_at` and `superseded_at` transaction time.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stage_history", db_index=False
    )
    seq = models.PositiveIntegerField()
    prev = models.CharField(max_length=12, choices=Stage, blank=True)
    stage = models.CharField(max_length=12, choices=Stage)
    sub_stage = models.CharField(max_length=16, choices=SubStage)
    facets = ArrayField(models.CharField(max_length=16, choices=SubStage), default=list)
    cycle = models.PositiveSmallIntegerField()
    effective_on = models.DateField()
    exited_on = models.DateField(null=True)
    rule = models.CharField(max_length=10)
    ruleset = models.PositiveIntegerField()
    evidence = ArrayField(models.UUIDField())
    evidence_n = models.PositiveIntegerField()
    facts = models.JSONField(default=dict)
    sentence = models.TextField()
    inherited_from = models.CharField(max_length=60, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())
    superseded_at = models.DateTimeField(null=True)

    objects = StageHistoryQuerySet.as_manager()

    class Meta:
        db_table = "stage_history"
        verbose_name_plural = _("stage history")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(evidence__len__gt=0), name="stage_history_has_evidence"
            ),
            models.CheckConstraint(
                condition=models.Q(exited_on__isnull=True) | models.Q(exited_on__gt=models.F("effective_on")),
                name="stage_history_not_empty",
            ),
            models.UniqueConstraint(
                fields=["member", "seq"],
                condition=models.Q(superseded_at__isnull=True),
                name="stage_history_once",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "seq"], name="stage_history_of_member"),
            models.Index(
                fields=["effective_on", "stage"],
                condition=models.Q(superseded_at__isnull=True),
                name="stage_history_by_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}.{self.sub_stage} from {self.effective_on}"

    def get_stage_display(self) -> str:  # type: ignore[no-redef]
        return str(STAGE_LABELS.get(self.stage, self.stage))

    @property
    def day(self) -> str:
        """The day of the change, as lists show it."""
        return _day(self.effective_on, get_language() or "")

    @property
    def is_move(self) -> bool:
        return self.prev != self.stage


class OverrideQuerySet(models.QuerySet["Override"]):
    def not_cleared(self) -> OverrideQuerySet:
        return self.filter(cleared_at__isnull=True)

    def live(self, day: date) -> OverrideQuerySet:
        return self.not_cleared().filter(starts_on__lte=day, expires_on__gt=day)


class Override(models.Model):
    """A stage set manually, with a reason and an expiry date. Changes the shown stage, not the computed one."""

    class Mode(models.TextChoices):
        PIN = "pin", _("Pin: show this stage")
        FLOOR = "floor", _("Floor: show no earlier stage")

    DEFAULT_DAYS = 30
    MOST_DAYS = 180

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stage_overrides"
    )
    stage = models.CharField(max_length=12, choices=Stage)
    mode = models.CharField(max_length=5, choices=Mode)
    reason = models.TextField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    starts_on = models.DateField()
    expires_on = models.DateField(help_text=_("The first day on which the calculated stage is shown again."))
    created_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = OverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="override_has_reason"),
            models.CheckConstraint(
                condition=models.Q(expires_on__gt=models.F("starts_on")), name="override_not_empty"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(cleared_at__isnull=True), name="one_override"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} {self.stage} until {self.expires_on}"
