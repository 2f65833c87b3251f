"""Cache the numbers of reports until a drain changes a stage, at most for SECONDS.

Members take their stages with them when they are deleted, as by undoing an import. Whoever deletes members invalidates
the page cache, and these numbers with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from community.core import page_cache, versioned_cache

T = TypeVar("T")

VERSION: Final = "journeys:stages:version"
SECONDS: Final = 60


def cached(key: str, count: Callable[[], T]) -> T:
    """Return the cached numbers for `key`, computed by `count` if they are missing or out of date."""
    name = f"journeys:numbers:{key}"
    known: T | None
    known, versions = versioned_cache.get(name, depends_on=[VERSION, page_cache.GENERATION])
    if known is None:
        known = count()
        versioned_cache.store(name, known, versions=versions, seconds=SECONDS)
    return known


def invalidate_on_commit() -> None:
    """Invalidate all cached numbers after the commit."""
    versioned_cache.invalidate_on_commit([VERSION])
