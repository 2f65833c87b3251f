"""The page cache: visitors' pages, cached for seconds in each process.

A page is stored with the generation read before it was rendered. Removing something from public view starts a new
generation on commit, which invalidates all pages at once, in every process. Other changes, such as votes, are seen
by visitors when the page expires.

Views see only the query parameters in PARAMETERS, by which their pages are cached; `?utm_source=...` gives no new page.
"""

from __future__ import annotations

import functools
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Concatenate, Final, NamedTuple, ParamSpec

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import urlencode
from django.utils.translation import get_language
from redis import RedisError

from community.core import demo
from community.core.theme import chosen_theme

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
Key = tuple[object, ...]

GENERATION: Final = "page-cache:generation"
# Longer than any page is cached.
LIFETIME: Final = 86_400
BYTES: Final = 32 * 1024 * 1024
# Bytes that an entry takes besides its page.
OVERHEAD: Final = 1024
# All query parameters of the cached views; `p` is the sitemaps' page.
PARAMETERS: Final = ("p", "page", "period", "q", "sort")
COOKIES_OF_SOMEONE: Final = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages")


class Entry(NamedTuple):
    generation: str
    until: float
    page: bytes
    headers: dict[str, str]

    def response(self) -> HttpResponse:
        return HttpResponse(self.page, headers=self.headers)


class PageCache:
    """An LRU cache of at most `limit` bytes."""

    def __init__(self, limit: int = BYTES) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, *, generation: str) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.generation != generation or entry.until < time.monotonic():
                self._remove(key)
                return None
            self._entries.move_to_end(key)
            return entry

    def __contains__(self, key: Key) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.until > time.monotonic()

    def set(
        self, key: Key, page: bytes, *, generation: str, seconds: float, headers: dict[str, str] | None = None
    ) -> None:
        with self._lock:
            self._remove(key)
            self._entries[key] = Entry(generation, time.monotonic() + seconds, page, headers or {})
            self.size += len(page) + OVERHEAD
            while self.size > self.limit:
                self._remove(next(iter(self._entries)))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.size = 0

    def _remove(self, key: Key) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self.size -= len(entry.page) + OVERHEAD


pages = PageCache()


def invalidate_on_commit() -> None:
    """Invalidate all cached pages after the commit."""
    transaction.on_commit(_start_generation, robust=True)


def _start_generation() -> None:
    cache.set(GENERATION, secrets.token_hex(8), LIFETIME)


def _generation() -> str | None:
    """Return the current generation, shared by all processes; None (no caching) while Redis is down."""
    try:
        found: str | None = cache.get(GENERATION)
        if found is None:
            cache.add(GENERATION, secrets.token_hex(8), LIFETIME)
            found = cache.get(GENERATION)
    except RedisError:
        return None
    return found


def find(request: HttpRequest) -> HttpResponse | None:
    """Return the cached page for this visitor, if there is one."""
    generation = _generation() if _is_visitor(request) else None
    entry = pages.get(_key(request), generation=generation) if generation else None
    return entry.response() if entry else None


def is_stored(request: HttpRequest) -> bool:
    """Return whether this process holds the page, possibly stale; only `find` checks the generation."""
    return _is_visitor(request) and _key(request) in pages


def for_visitors(view: View[P]) -> View[P]:
    """Cache the view's page for visitors for PAGE_CACHE_SECONDS.

    Requests with a session, message or CSRF cookie are not cached, nor are responses that set a cookie or need a
    CSRF token, nor pages while the demo is being seeded.
    """

    @functools.wraps(view)
    def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not _is_visitor(request):
            return view(request, *args, **kwargs)
        # Pages print parameters, in the links to other pages of a list.
        request.GET = QueryDict(_query(request))
        generation = None if demo.is_being_written() else _generation()
        if generation is None:
            return view(request, *args, **kwargs)
        key = _key(request)
        if entry := pages.get(key, generation=generation):
            return entry.response()
        response = view(request, *args, **kwargs)
        if _is_for_everybody(request, response):
            pages.set(
                key,
                response.content,
                generation=generation,
                seconds=settings.PAGE_CACHE_SECONDS,
                headers=dict(response.headers),
            )
        return response

    return cached


def _is_visitor(request: HttpRequest) -> bool:
    if settings.PAGE_CACHE_SECONDS <= 0 or request.method not in ("GET", "HEAD"):
        return False
    return not any(name in request.COOKIES for name in COOKIES_OF_SOMEONE)


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    if response.status_code != 200 or response.cookies or response.streaming:
        return False
    # The middleware sets the CSRF cookie only after the view.
    return "CSRF_COOKIE_NEEDS_UPDATE" not in request.META


def _key(request: HttpRequest) -> Key:
    is_htmx = request.headers.get("HX-Request") == "true"
    return (
        request.get_host(),
        request.path,
        _query(request),
        chosen_theme(request),
        get_language(),
        is_htmx,
    )


def _query(request: HttpRequest) -> str:
    """Return the query string of the known parameters, in one order and each once."""
    return urlencode({name: request.GET[name] for name in PARAMETERS if name in request.GET})
