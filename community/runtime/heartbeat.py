"""Worker heartbeats in Redis, so that `/readyz` can report whether a worker is running."""

from __future__ import annotations

import time
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from django.core.cache import cache

KEY = "runtime:worker-seen"
TTL_SECONDS = 60
WRITE_SECONDS = 10

_last_write = 0.0


@worker_ready.connect
@heartbeat_sent.connect
def mark_worker_seen(**kwargs: Any) -> None:
    """Record a heartbeat; called every two seconds by each worker's main process, writes every ten."""
    global _last_write
    now = time.monotonic()
    if now - _last_write >= WRITE_SECONDS or not _last_write:
        cache.set(KEY, int(time.time()), timeout=TTL_SECONDS)
        _last_write = now


def worker_was_seen() -> bool:
    """Whether there was a heartbeat in the last minute."""
    return cache.get(KEY) is not None
