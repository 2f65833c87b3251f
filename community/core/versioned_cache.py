"""Cache values with the versions of their sources; changing a source invalidates them, even in a race.

Code that changes a source calls `invalidate_on_commit` with its version. A value read before the change and stored
after it is invalid too.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache import cache
from django.db import transaction

# Longer than any value is cached.
LIFETIME = 86_400


def invalidate_on_commit(versions: Sequence[str]) -> None:
    """Invalidate, after the commit, every value stored with one of these versions."""
    transaction.on_commit(lambda: _renew(versions), robust=True)


def _renew(versions: Sequence[str]) -> None:
    cache.set_many({version: secrets.token_hex(8) for version in versions}, LIFETIME)


def get(key: str, *, depends_on: Sequence[str]) -> tuple[Any, Mapping[str, str]]:
    """Return the cached value, or None if it is missing or out of date, and the versions to store a new one with.

    A missing version is replaced by a random one, so that a value never outlives the version it was stored with.
    """
    found: dict[str, Any] = cache.get_many([key, *depends_on])
    versions = {name: found.get(name) or secrets.token_hex(8) for name in depends_on}
    entry = found.get(key)
    return (entry[1] if entry is not None and entry[0] == versions else None), versions


def store(key: str, value: Any, *, versions: Mapping[str, str], seconds: int) -> None:
    """Cache a value that was read after these versions; a version that was renewed meanwhile stays."""
    for name, version in versions.items():
        cache.add(name, version, LIFETIME)
    cache.set(key, (versions, value), seconds)
