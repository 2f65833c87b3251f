import time

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task

from community.core import redis_client

from .services import checkpoints, dirty, shards
from .services.wake import WAKE_KEY

BATCH = 5000
MIN_BATCH = 50
MAX_SECONDS = 20.0


@shared_task(name="journeys.wake")
def wake() -> None:
    """Enqueue a drain for every dirty shard; runs after commits, and every 5 s from beat."""
    redis_client.unmark(WAKE_KEY)
    for shard in shards.waiting_shards():
        drain.delay(shard)


@shared_task(name="journeys.drain", acks_late=True, reject_on_worker_lost=True, soft_time_limit=30)
def drain(shard: int, limit: int = BATCH) -> None:
    """Drain a shard for up to 20 s, then enqueue itself again if there is more."""
    until = time.monotonic() + MAX_SECONDS
    try:
        while shards.drain(shard, limit=limit).keys >= limit:
            if time.monotonic() > until:
                drain.delay(shard, limit)
                return
    except SoftTimeLimitExceeded:
        # The transaction was rolled back: retry with a smaller batch.
        drain.delay(shard, max(MIN_BATCH, limit // 4))


@shared_task(name="journeys.due")
def due() -> None:
    """Mark the members whose `next_due` has come, and delete old checkpoints."""
    today = shards.today()
    dirty.mark_due(today)
    checkpoints.delete_old(today)
