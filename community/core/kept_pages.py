"""Pages that are kept in the cache and shown again, as long as what they show has not changed.

The key of such a page says to whom it may be shown, and its versions what it shows (see `community.core.kept`).
Whoever changes what stands on many pages, and seldom changes, calls `everything_changed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.utils.translation import get_language

from community.core import demo
from community.core.kept import find_kept, keep, renew_on_commit
from community.core.theme import chosen_theme

# What the markup of pages is made by.
SOURCES: Final = ("templates/**/*.html", "community/**/*.py", "journeys/**/*.py", "advocacy/**/*.py")
EVERYTHING: Final = "version:everything"


def everything_changed() -> None:
    """After the commit, drop every page that is kept.

    For a name, a role, a badge's name, who may see a category.
    """
    renew_on_commit([EVERYTHING])


def find_page(key: str, *, depends_on: str) -> tuple[Any, Mapping[str, str]]:
    """Return the page that is kept and still holds, or None, and the versions with which to keep another."""
    return find_kept(key, depends_on=[depends_on, EVERYTHING])


def keep_page(key: str, page: Any, *, versions: Mapping[str, str], seconds: int) -> None:
    """Keep a page for others, but not while the demo is being written, which it then says."""
    if not demo.is_being_written():
        keep(key, page, versions=versions, seconds=seconds)


def page_key(request: HttpRequest, *readers: str) -> str:
    """The key of a page that all of these readers are shown."""
    parts = (
        request.get_host(), request.get_full_path(), chosen_theme(request), get_language(),
        request.headers.get("HX-Request") == "true", build(), *readers,
    )  # fmt: skip
    return "page:" + sha256("\n".join(map(str, parts)).encode()).hexdigest()


@lru_cache
def build() -> str:
    """A mark of the code and the templates that this process runs: other ones do not understand its pages."""
    files = sorted(path for pattern in SOURCES for path in settings.BASE_DIR.glob(pattern))
    told = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    static = getattr(staticfiles_storage, "manifest_hash", "")
    return blake2b("\n".join([static, *told]).encode(), digest_size=8).hexdigest()


def is_asked_plainly(request: HttpRequest, address: str) -> bool:
    """Whether this page of ours was asked for as we link to it.

    An address has endless other spellings, each of which would be kept by itself.
    """
    own_host = urlsplit(settings.SITE_URL).netloc
    return request.get_full_path() == address and request.get_host() == own_host
