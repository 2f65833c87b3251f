"""Workers leave a mark in Redis while they live, so that `/readyz` can tell whether anybody does the work."""

from __future__ import annotations

import time
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from django.core.cache import cache

KEY = "runtime:worker-seen"
SEEN_SECONDS = 60
MARK_SECONDS = 10

_last_mark = 0.0


@worker_ready.connect
@heartbeat_sent.connect
def mark_worker_seen(**kwargs: Any) -> None:
    """Called every two seconds by each worker's main process; writes every ten."""
    global _last_mark
    now = time.monotonic()
    if now - _last_mark >= MARK_SECONDS or not _last_mark:
        cache.set(KEY, int(time.time()), timeout=SEEN_SECONDS)
        _last_mark = now


def worker_was_seen() -> bool:
    """Whether any worker left its mark in the last minute."""
    return cache.get(KEY) is not None
