from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.forum.models import Category


class ImportBatch(models.Model):
    """An import from another platform, with its progress and the report on its rows."""

    class Status(models.TextChoices):
        READING = "reading", _("Reading files")
        BUILDING = "building", _("Building")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    name = models.CharField(max_length=80, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.READING)
    site = models.CharField(
        max_length=100, help_text=_("The site this comes from. Rows are identified by it and their own ID.")
    )
    hosts = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text=_("All host names the site has had."),
    )
    folder = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_category = models.BooleanField(default=False)
    # Rows done in each step: {"read:users": 5000, "build:topics": 400}.
    progress = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name_plural = _("import batches")

    def __str__(self) -> str:
        return self.name

    @property
    def event_source(self) -> str:
        """The `source` of this import's events."""
        return f"import:{self.name}"


class StagedRow(models.Model):
    """A row of a dump as it was read; deleted when the import is done.

    A dry run shadows this table with a temporary one, so that it writes nothing.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="+")
    file = models.CharField(max_length=12)
    ordinal = models.BigIntegerField(help_text=_("The position in the file, starting at 1."))
    source_id = models.BigIntegerField(null=True)
    parent_id = models.BigIntegerField(
        null=True, help_text=_("The row it belongs to: post, question or user.")
    )
    created_at = models.DateTimeField(null=True)
    data = models.JSONField()
    skip = models.CharField(max_length=120, blank=True, help_text=_("Why this row is not imported."))
    # Ids are assigned before anything is built, so that links between posts can be rewritten in one pass.
    target_id = models.BigIntegerField(null=True)
    topic_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "file", "ordinal"], name="staged_row_once"),
        ]
        indexes = [
            models.Index(fields=["batch", "file", "source_id"], name="staged_row_source"),
            models.Index(fields=["batch", "file", "parent_id"], name="staged_row_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.file} row {self.ordinal}"

    @property
    def key(self) -> int:
        """The id in the dump. Raises ValueError for a row without one."""
        if self.source_id is None:
            raise ValueError(f"{self} has no id.")
        return self.source_id

    @property
    def at(self) -> datetime:
        """The creation time. Raises ValueError for a row without one."""
        if self.created_at is None:
            raise ValueError(f"{self} has no time.")
        return self.created_at


class ImportedRow(models.Model):
    """Maps a foreign row to ours. Never deleted: redirects from old URLs and repeated imports need it."""

    class Kind(models.TextChoices):
        USER = "user", _("Member")
        POST = "post", _("Post")
        COMMENT = "comment", _("Comment")
        TAG = "tag", _("Tag")
        BADGE = "badge", _("Badge")

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="rows")
    site = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind)
    source_id = models.BigIntegerField()
    target_id = models.BigIntegerField()
    licence = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "kind", "source_id"], name="imported_row_once"),
        ]
        indexes = [
            models.Index(fields=["kind", "target_id"], name="imported_row_target"),
            models.Index(fields=["kind", "source_id"], name="imported_row_source"),
            models.Index(fields=["batch", "kind"], name="imported_row_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.kind} {self.source_id}"
