from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventQuerySet(models.QuerySet["Event"]):
    def not_retracted(self) -> EventQuerySet:
        """Events that hold: a retracted one counts as never happened."""
        return self.filter(retracted_at__isnull=True)

    def of_member(self, member_id: int) -> EventQuerySet:
        return self.filter(member_id=member_id).order_by("-occurred_at")


class Event(models.Model):
    """One row, one fact. Append-only: a trigger refuses every change but a retraction.

    The table is partitioned by month of `occurred_at`, so its real key is (event_id, occurred_at). Three
    columns stay out of the model because only the followers' cursor reads them: epoch, xid, seq.
    """

    class ActorRole(models.TextChoices):
        MEMBER = "member", _("Member")
        STAFF = "staff", _("Staff")
        SALES = "sales", _("Sales")
        PARTNER = "partner", _("Partner")
        SYSTEM = "system", _("System")
        API = "api", _("API")

    class Channel(models.TextChoices):
        COMMUNITY = "community", _("Community")
        WEB = "web", _("Website")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        IN_PERSON = "in-person", _("In person")
        SOCIAL = "social", _("Social media")
        REVIEW_SITE = "review-site", _("Review site")
        CRM = "crm", _("CRM")
        BILLING = "billing", _("Billing")
        PRODUCT = "product", _("Product")
        IMPORT = "import", _("Import")

    event_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    name = models.CharField(max_length=60)
    # Whose journey it belongs to, which is not always who did it.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="events",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_role = models.CharField(max_length=10, choices=ActorRole)
    # The member at the other end: the voter, the asker, the referred friend.
    counterpart = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # The account at the time of the event, which may not be today's.
    company = models.ForeignKey(
        "members.Company", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.COMMUNITY)
    value_cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    props = models.JSONField(default=dict)
    source = models.CharField(max_length=100, default="app")
    backfill = models.BooleanField(default=False)
    retracted_at = models.DateTimeField(null=True)
    retract_reason = models.CharField(max_length=200, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "event"

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_at:%Y-%m-%d %H:%M}"


class Log(models.Model):
    """One row: which database cluster the log lives in, and its epoch.

    Transaction ids start again in a restored cluster. A changed system identifier begins a new epoch, and
    followers order by (epoch, xid, seq), so none goes silent after a restore.
    """

    system_identifier = models.CharField(max_length=30)
    epoch = models.IntegerField(default=0)


class Cursor(models.Model):
    """How far one follower has read."""

    name = models.CharField(max_length=60, primary_key=True)
    epoch = models.IntegerField(default=0)
    last_xid = models.DecimalField(max_digits=20, decimal_places=0, default=0)
    last_seq = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class DeadLetter(models.Model):
    """An event that a follower could not handle, set aside so that the rest go on."""

    follower = models.CharField(max_length=60)
    event_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    name = models.CharField(max_length=60)
    error = models.TextField()
    failed_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "event_id"], name="dead_letter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.follower}: {self.name}"
