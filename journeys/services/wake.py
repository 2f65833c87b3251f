"""Wake the drains after a commit."""

from __future__ import annotations

import logging

from django.db import connection, transaction
from django.utils.module_loading import import_string

from community.core import redis_client

log = logging.getLogger(__name__)

WAKE_KEY = "journeys:wake"


def wake_drains() -> None:
    """Enqueue a drain on commit, once per transaction."""
    if _wake not in (function for _, function, *_ in connection.run_on_commit):
        transaction.on_commit(_wake)


def _wake() -> None:
    try:
        # The task removes the mark before it reads, so a day marked after that enqueues another task.
        if redis_client.mark(WAKE_KEY, seconds=10):
            import_string("journeys.tasks.wake").delay()
    except Exception:
        # Beat drains the marks anyway; the caller must not fail because Redis is down.
        log.warning("Could not wake the drains; beat will.", exc_info=True)
