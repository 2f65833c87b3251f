"""The numbers of the reports: kept until a drain changes a stage, as counting all members takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from community.core import versioned_cache

T = TypeVar("T")

VERSION: Final = "journeys:stages:version"
SECONDS: Final = 60


def kept(key: str, count: Callable[[], T]) -> T:
    """Return what `count` returned for this key, unless a stage has changed since."""
    name = f"journeys:numbers:{key}"
    known: T | None
    known, versions = versioned_cache.get(name, depends_on=[VERSION])
    if known is None:
        known = count()
        versioned_cache.store(name, known, versions=versions, seconds=SECONDS)
    return known


def forget_on_commit() -> None:
    """Have all numbers counted again once this transaction has been committed."""
    versioned_cache.invalidate_on_commit([VERSION])
