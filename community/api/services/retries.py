"""Retry transactions that PostgreSQL aborted because of a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected

Returned = TypeVar("Returned")
TRIES = 5


def on_deadlock(call: Callable[[], Returned]) -> Returned:
    """Return what `call` returns. It must be a single transaction of its own, because it may be run again."""
    for left in reversed(range(TRIES)):
        try:
            return call()
        except OperationalError as error:
            is_deadlock = isinstance(error.__cause__, DeadlockDetected)
            if not (is_deadlock and left) or connection.in_atomic_block:
                raise
    raise AssertionError
