from __future__ import annotations

import uuid
from collections.abc import Collection

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.members.models import Company


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> ApiTokenQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiToken(models.Model):
    """An API token for one external system. Only its digest is stored; the secret is shown once."""

    class Scope(models.TextChoices):
        EVENTS = "events:write", _("Send events")
        PURCHASES = "purchases:write", _("Send purchases and other commercial events")
        PEOPLE = "people:write", _("Add people and their IDs")

    name = models.CharField(max_length=80, help_text=_("The system that uses this token, such as “CRM”."))
    source = models.SlugField(
        max_length=40,
        help_text=_(
            "A short name for the system, which its IDs are stored under. Use the same source when you replace a token."
        ),
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=list)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    calls_a_minute = models.PositiveIntegerField(_("calls per minute"), default=120)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-created_at"]
        verbose_name = _("API token")
        constraints = [
            models.CheckConstraint(condition=Q(calls_a_minute__gt=0), name="api_token_some_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class PurchaseFile(models.Model):
    """An imported file of purchases: its hash, and the number of rows by status."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    source = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-imported_at"]

    def __str__(self) -> str:
        return self.name


class EventKey(models.Model):
    """The id of every external fact ever ingested, for exact deduplication, with its current version.

    Hash-partitioned by its primary key. The key is stored even while the fact waits for its member.
    """

    event_id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    first_seen = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)
    # Grows with each correction by the system that sent it.
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "event_key"

    def __str__(self) -> str:
        return str(self.event_id)


class ExternalId(models.Model):
    """A member's id in an external system; saved when a fact has both the id and a confirmed address."""

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="external_ids"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("external ID")
        verbose_name_plural = _("external IDs")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="external_id_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"


OPEN = Q(applied_at=None, dismissed_at=None)


class WaitingEventQuerySet(models.QuerySet["WaitingEvent"]):
    def waiting(self) -> WaitingEventQuerySet:
        return self.filter(applied_at=None, dismissed_at=None)

    def of_external_ids_of(self, member_ids: Collection[int]) -> WaitingEventQuerySet:
        """Events waiting for these members by external ID; always uses the index."""
        theirs = RawSQL(
            "SELECT w.id FROM api_externalid x JOIN api_waitingevent w USING (source, external_id)"
            " WHERE x.member_id = ANY(%s) AND w.applied_at IS NULL AND w.dismissed_at IS NULL",
            [list(member_ids)],
        )
        return self.filter(pk__in=theirs)


class WaitingEvent(models.Model):
    """An external fact, mostly a purchase, about someone not known here yet; recorded once they are."""

    event_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=40)
    # Who it is about, as sent by the other system.
    external_id = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    company_external_id = models.CharField(max_length=100, blank=True)
    domain = models.CharField(max_length=253, blank=True)
    # The rest of the event: payload, channel, value, currency.
    event = models.JSONField()
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True, editable=False)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    objects = WaitingEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("unmatched event")
        verbose_name_plural = _("unmatched events")
        indexes = [
            models.Index(fields=["received_at"], condition=OPEN, name="waiting_event_open"),
            models.Index(fields=["email"], condition=OPEN, name="waiting_event_email"),
            models.Index(fields=["domain"], condition=OPEN, name="waiting_event_domain"),
            models.Index(fields=["source", "external_id"], condition=OPEN, name="waiting_event_external_id"),
            models.Index(fields=["company_external_id"], condition=OPEN, name="waiting_event_company"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.email or self.external_id or self.domain or self.company_external_id}"


class IdentityChange(models.Model):
    """A member or company with a new address, external ID or domain that events may be waiting for.

    Rows are written by triggers, so that no service can forget to, and deleted by `waiting_events`.
    """

    member_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"member {self.member_id}" if self.member_id else f"company {self.company_id}"


class QuarantinedEvent(models.Model):
    """A quarantined external fact, held back for review."""

    class Why(models.TextChoices):
        CONFLICT = "conflict", _("Same ID, different content")
        QUARANTINED = "quarantined", _("Unknown event or implausible date")

    why = models.CharField(_("problem"), max_length=11, choices=Why)
    event_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=40)
    source_event_id = models.CharField(max_length=200)
    reason = models.CharField(_("details"), max_length=300)
    item = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_setaside"
        ordering = ["-received_at"]
        verbose_name = _("quarantined event")
        verbose_name_plural = _("quarantined events")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "digest"], name="set_aside_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.source_event_id}"


NAMESPACE = uuid.UUID("9a1f6d0e-5f0b-5a7c-8f0d-6a3f1f0c2b77")


def inbound_event_id(source: str, source_event_id: str) -> uuid.UUID:
    """Return the event id for an external fact; the same fact always gets the same id."""
    return uuid.uuid5(NAMESPACE, f"{source}:{source_event_id}")
