"""Waking the drains after a commit."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

WAKE_KEY = "journeys:wake"


def wake_drains() -> None:
    """Ask a worker to drain what is marked once this transaction has committed, once for all of it."""
    if _wake not in (function for _, function, *_ in connection.run_on_commit):
        transaction.on_commit(_wake)


def _wake() -> None:
    try:
        # The task drops the key before it reads, so no mark is left to a wake-up already spent.
        if cache.add(WAKE_KEY, 1, timeout=10):
            import_string("journeys.tasks.wake").delay()
    except Exception:
        # Beat finds the marks anyway; whoever marked must not fail because Redis is away.
        log.warning("Could not wake the drains; beat will.", exc_info=True)
