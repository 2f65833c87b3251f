"""A version of everything that pages are kept of: with a new one, no page made earlier is shown any longer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import transaction

# What the markup of pages is made by.
SOURCES: Final = ("templates/**/*.html", "community/**/*.py", "journeys/**/*.py")
EVERYTHING: Final = "version:everything"
# Longer than any page is kept; a version that is gone matches no page.
LIFETIME = 86_400


@lru_cache
def build() -> str:
    """A mark of the code and the templates that this process runs: other ones do not understand its pages."""
    files = sorted(path for pattern in SOURCES for path in settings.BASE_DIR.glob(pattern))
    told = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    static = getattr(staticfiles_storage, "manifest_hash", "")
    return blake2b("\n".join([static, *told]).encode(), digest_size=8).hexdigest()


def everything_changed() -> None:
    """After the commit, drop every page that is kept: for what many pages show, and seldom changes.

    A name, a role, a badge's name, who may see a category.
    """
    renew_on_commit([EVERYTHING])


def renew_on_commit(versions: Sequence[str]) -> None:
    transaction.on_commit(lambda: _renew(versions), robust=True)


def _renew(versions: Sequence[str]) -> None:
    cache.set_many({version: secrets.token_hex(8) for version in versions}, LIFETIME)


def versions_in(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the versions that were found; one that nobody has yet for those that were not.

    So what is kept belongs to versions that are there: where the cache drops one, nothing older comes back.
    """
    return {name: found.get(name) or secrets.token_hex(8) for name in names}


def keep(key: str, kept: Any, versions: Mapping[str, str], seconds: int) -> None:
    """Keep with its versions what was made after they were read; a newer one that has come is left alone."""
    for name, version in versions.items():
        cache.add(name, version, LIFETIME)
    cache.set(key, (versions, kept), seconds)
