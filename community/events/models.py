from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventQuerySet(models.QuerySet["Event"]):
    def not_retracted(self) -> EventQuerySet:
        """Valid events: a retracted one counts as if it never happened."""
        return self.filter(retracted_at__isnull=True)

    def of_member(self, member_id: int) -> EventQuerySet:
        return self.filter(member_id=member_id).order_by("-occurred_at")


class Event(models.Model):
    """An event in the log. Append-only: a trigger refuses every change except a retraction.

    The table is partitioned by month of `occurred_at`, so its real primary key is (event_id, occurred_at);
    `RecordedId` makes the id alone unique. The columns epoch, xid and seq are not in the model, because only the
    cursors use them.
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
        EMAIL = "email", _("Email")
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
    # Whose journey the event belongs to; not always the actor.
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
    # The other member involved: the voter, the asker, the referred friend.
    counterpart = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # The member's company at the time of the event.
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


class RecordedId(models.Model):
    """The id of an event in the log: the unique key that a table partitioned by time cannot have.

    `recording` inserts it before its event, in the same transaction; for other writers, such as processes of the
    version before during an upgrade, a trigger does. Another deletes it with the event.
    """

    event_id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.event_id)


class Log(models.Model):
    """A single row: the database cluster that the log is in, and the epoch.

    Transaction ids start over in a restored cluster. A new system identifier starts a new epoch, and cursors
    are ordered by (epoch, xid, seq), so followers do not skip events after a restore.
    """

    system_identifier = models.CharField(max_length=30)
    epoch = models.IntegerField(default=0)


class Cursor(models.Model):
    """A follower's position in the log."""

    name = models.CharField(max_length=60, primary_key=True)
    epoch = models.IntegerField(default=0)
    last_xid = models.DecimalField(max_digits=20, decimal_places=0, default=0)
    last_seq = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class DeadLetter(models.Model):
    """An event that a follower failed to handle, skipped so that the cursor can advance."""

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


# `noun.happened`, as in the catalogue.
KIND_NAME = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z"
PROPERTY_NAME = r"^[a-z][a-z0-9_]*\Z"


class CustomKind(models.Model):
    """An event type added to the catalogue by a manager; only other systems record it."""

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(KIND_NAME, _("Use two lower-case words, such as workshop.attended."))],
        help_text=_("What happened, such as workshop.attended. It cannot be changed later."),
    )
    says = models.CharField(
        _("description"),
        max_length=80,
        help_text=_("What a member's timeline says, such as “attended a workshop”."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("custom event")

    def __str__(self) -> str:
        return self.name


class CustomProperty(models.Model):
    """A property of a custom event. Numbers are whole and have a range."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Whole number")
        YES_NO = "yes_no", _("Yes or no")

    kind = models.ForeignKey(CustomKind, on_delete=models.CASCADE, related_name="properties")
    name = models.CharField(
        max_length=40,
        validators=[RegexValidator(PROPERTY_NAME, _("Use lower-case letters, digits and _."))],
    )
    type = models.CharField(max_length=6, choices=Type, default=Type.TEXT)
    least = models.BigIntegerField(_("smallest"), null=True, blank=True)
    most = models.BigIntegerField(_("largest"), null=True, blank=True)
    required = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("property")
        verbose_name_plural = _("properties")
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="custom_property_once"),
            models.CheckConstraint(
                condition=models.Q(type="number", least__isnull=False, most__gte=models.F("least"))
                | (~models.Q(type="number") & models.Q(least=None, most=None)),
                name="custom_property_range",
                violation_error_message=_(
                    "A whole number needs a smallest and a largest value; other types must have neither."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name
