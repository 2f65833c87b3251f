from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from . import services
from .registry import all_followers
from .services.wake import WAKE_KEY


@shared_task(name="events.sweep")
def sweep() -> None:
    """Start every follower that has something to read; woken after commits, and every 5 s by beat."""
    cache.delete(WAKE_KEY)
    for name in all_followers():
        if services.behind(name):
            follow.delay(name)


@shared_task(name="events.follow", soft_time_limit=120)
def follow(name: str) -> None:
    """Run one follower until the log is dry."""
    while services.follow(name):
        pass


@shared_task(name="events.partitions")
def partitions() -> None:
    """Make the partitions of this month and the following ones."""
    now = timezone.now()
    services.ensure_months(now + timedelta(days=days) for days in range(0, 93, 28))
