from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from community.core import redis_client

from .services import cursors
from .services.partitions import ensure_months
from .services.together import follow_together
from .services.wake import WAKE_KEY


@shared_task(name="events.sweep", soft_time_limit=120)
def sweep() -> None:
    """Process new events, and enqueue the followers that are behind; runs after commits, and every 5 s from beat."""
    redis_client.unmark(WAKE_KEY)
    for name in follow_together():
        follow.delay(name)


@shared_task(name="events.follow", soft_time_limit=120)
def follow(name: str) -> None:
    """Run one follower until it has no unread events."""
    while cursors.follow(name):
        pass


@shared_task(name="events.partitions")
def partitions() -> None:
    """Create the partitions of the next 84 days."""
    now = timezone.now()
    ensure_months(now + timedelta(days=days) for days in range(0, 93, 28))
