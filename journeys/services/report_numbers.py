"""Store the numbers of reports until a drain changes a stage, at most for MAX_AGE.

Members take their stages with them when they are deleted, as by undoing an import. Whoever deletes members invalidates
the page cache, and these numbers with it. They are stored in the database, so a Redis that has just started costs
nobody a count. Redis only says early that they are out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.cache import cache
from django.utils import timezone

from community.core import page_cache, versioned_cache
from community.core.prepared import Prepared, compiled_at_start
from journeys.models import StoredNumbers

if TYPE_CHECKING:
    from django.db.models import QuerySet

VERSION: Final = "journeys:stages:version"
MAX_AGE: Final = timedelta(seconds=60)


def stored(key: str, count: Callable[[], Any]) -> Any:
    """Return the stored numbers for `key`, as JSON has them; computed by `count` if missing or out of date."""
    now, versions = timezone.now(), cache.get_many([VERSION, page_cache.GENERATION])
    row = _stored().first(key=key, after=now - MAX_AGE)
    if row is None or row[0] != versions:
        row = (versions, count())
        _store(key, versions, row[1], now)
    return row[1]


def _store(key: str, versions: Mapping[str, str], numbers: Any, now: datetime) -> None:
    values = {"versions": versions, "numbers": numbers, "counted_at": now}
    StoredNumbers.objects.update_or_create(values, key=key)
    StoredNumbers.objects.filter(counted_at__lt=now - timedelta(days=1)).delete()


@compiled_at_start()
def _stored() -> Prepared[tuple[dict[str, str], Any]]:
    def build(key: str, after: datetime) -> QuerySet[StoredNumbers, tuple[dict[str, str], Any]]:
        fresh = StoredNumbers.objects.filter(key=key, counted_at__gt=after)
        return fresh.values_list("versions", "numbers")

    return Prepared(build)


def invalidate_on_commit() -> None:
    """Invalidate all stored numbers after the commit."""
    versioned_cache.invalidate_on_commit([VERSION])
