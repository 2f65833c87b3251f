"""What is read once and kept in the cache with the versions of what it was read from.

Whoever changes one of those renews its version after the commit; what was kept with an earlier one is then
read again, also when it was read before the change and kept after it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache import cache
from django.db import transaction

# Longer than anything is kept.
LIFETIME = 86_400


def renew_on_commit(versions: Sequence[str]) -> None:
    """After the commit, drop what was kept with these versions."""
    transaction.on_commit(lambda: _renew(versions), robust=True)


def _renew(versions: Sequence[str]) -> None:
    cache.set_many({version: secrets.token_hex(8) for version in versions}, LIFETIME)


def find_kept(key: str, *, depends_on: Sequence[str]) -> tuple[Any, Mapping[str, str]]:
    """Return what is kept and still holds, or None, and the versions with which to keep another.

    A version that is missing is made up, so what is kept belongs to versions that are there: where the cache
    drops one, nothing older comes back.
    """
    found: dict[str, Any] = cache.get_many([key, *depends_on])
    versions = {name: found.get(name) or secrets.token_hex(8) for name in depends_on}
    kept = found.get(key)
    return (kept[1] if kept is not None and kept[0] == versions else None), versions


def keep(key: str, value: Any, *, versions: Mapping[str, str], seconds: int) -> None:
    """Keep what was made after these versions were read; a newer one that has come is left alone."""
    for name, version in versions.items():
        cache.add(name, version, LIFETIME)
    cache.set(key, (versions, value), seconds)
