import time

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.core.cache import cache

from . import services
from .services.wake import WAKE_KEY

BATCH = 5000
LEAST = 50
SECONDS = 20.0


@shared_task(name="journeys.wake")
def wake() -> None:
    """Start a drain for every shard with something to do; woken after commits, and every 5 s by beat."""
    cache.delete(WAKE_KEY)
    for shard in services.waiting_shards():
        drain.delay(shard)


@shared_task(name="journeys.drain", acks_late=True, reject_on_worker_lost=True, soft_time_limit=30)
def drain(shard: int, limit: int = BATCH) -> None:
    """Drain a shard for up to 20 s, then queue again if there is more."""
    until = time.monotonic() + SECONDS
    try:
        while services.drain(shard, limit=limit).keys == limit:
            if time.monotonic() > until:
                drain.delay(shard, limit)
                return
    except SoftTimeLimitExceeded:
        # The transaction is gone with it: take smaller bites.
        drain.delay(shard, max(LEAST, limit // 4))


@shared_task(name="journeys.due")
def due() -> None:
    """Mark the members whom time alone changes today."""
    services.mark_due(services.today())
