"""Waking the followers after a commit."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import connection, transaction

log = logging.getLogger(__name__)

WAKE_KEY = "events:wake"


def wake_followers() -> None:
    """Ask a worker to run the followers once this transaction has committed, and only once for all of it."""
    if _wake_after_commit not in (function for _, function, *_ in connection.run_on_commit):
        transaction.on_commit(_wake_after_commit)


def _wake_after_commit() -> None:
    # Imported here because tasks stand above services.
    from django.utils.module_loading import import_string

    try:
        # The task drops the key before it reads, so an event is never left to a wake-up already spent.
        if cache.add(WAKE_KEY, 1, timeout=10):
            import_string("community.events.tasks.sweep").delay()
    except Exception:
        # The beat sweep finds the event anyway; a member's post must not fail because Redis is away.
        log.warning("Could not wake the followers; the next sweep will.", exc_info=True)
