from django.db import models


class StoredActivity(models.Model):
    """The figures of `services/activity_stats.py`; one row."""

    counted_at = models.DateTimeField()
    topics = models.PositiveIntegerField()
    replied = models.PositiveIntegerField()
    median_minutes = models.PositiveIntegerField(null=True)
    answered_today = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
