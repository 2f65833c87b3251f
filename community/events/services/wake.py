"""Wake the followers after a commit."""

from __future__ import annotations

import logging

from django.db import connection, transaction

from community.core import redis_client

log = logging.getLogger(__name__)

WAKE_KEY = "events:wake"
# Commits within this time share a run: each reads all months of the log, however few its events.
GATHER_SECONDS = 0.4


def wake_followers() -> None:
    """Enqueue a run of the followers `GATHER_SECONDS` after the commit, once per transaction."""
    if _wake_after_commit not in (function for _, function, *_ in connection.run_on_commit):
        transaction.on_commit(_wake_after_commit)


def _wake_after_commit() -> None:
    # Imported here because tasks are a layer above services.
    from django.utils.module_loading import import_string

    try:
        # The task removes the mark before it reads, so an event committed after that enqueues another task.
        if redis_client.mark(WAKE_KEY, seconds=10):
            import_string("community.events.tasks.sweep").apply_async(countdown=GATHER_SECONDS)
    except Exception:
        # The sweep of beat finds the event anyway; a member's post must not fail because Redis is down.
        log.warning("Could not wake the followers; the next sweep will.", exc_info=True)
