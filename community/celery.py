"""The Celery app, its queues and what runs on a clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community.settings")

app = Celery("caravan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.task_routes = {
    "journeys.*": {"queue": "journeys"},
    "advocacy.*": {"queue": "journeys"},
    "importers.*": {"queue": "imports"},
    "notifications.*": {"queue": "mail"},
}
app.conf.beat_schedule = {
    "events-sweep": {"task": "events.sweep", "schedule": 5.0},
    "events-partitions": {"task": "events.partitions", "schedule": 86_400.0},
}
