"""The Celery app, its queues and its schedule."""

import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community.settings")

app = Celery("caravan", task_cls="community.core.disk:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)

app.conf.task_routes = {
    "journeys.*": {"queue": "journeys"},
    "advocacy.*": {"queue": "journeys"},
    "importers.*": {"queue": "imports"},
    "notifications.*": {"queue": "mail"},
}
app.conf.beat_schedule = {
    "events-sweep": {"task": "events.sweep", "schedule": 5.0},
    "moderation-endings": {"task": "moderation.endings", "schedule": 60.0},
    "members-drafts": {"task": "members.delete_expired_drafts", "schedule": 86_400.0},
    "members-visits": {"task": "members.write_visits", "schedule": 20.0},
    "badges-award": {"task": "badges.award", "schedule": 86_400.0},
    "forum-views": {"task": "forum.write_views", "schedule": 10.0},
    "forum-heat": {"task": "forum.heat", "schedule": 600.0},
    "forum-activity": {"task": "forum.activity", "schedule": 300.0},
    "qa-recount-accepted": {"task": "qa.recount_accepted", "schedule": 600.0},
    "api-match-new": {"task": "api.match_new", "schedule": 10.0},
    "api-match-waiting": {"task": "api.match_waiting", "schedule": 86_400.0},
    "events-partitions": {"task": "events.partitions", "schedule": 86_400.0},
    "journeys-wake": {"task": "journeys.wake", "schedule": 5.0},
    "journeys-due": {"task": "journeys.due", "schedule": 900.0},
}


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Connecting this signal stops Celery from configuring logging; Django's LOGGING already has."""


@worker_init.connect
@beat_init.connect
def exit_on_wrong_settings(**kwargs: object) -> None:
    from community.core import checks

    checks.exit_on_errors()
