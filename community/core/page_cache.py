"""Visitors' pages, kept for seconds in the memory of each process: visitors all see the same.

Every page belongs to the generation that was read before it was made. Whoever takes something out of public view
starts another one after the commit, and all that was kept before it is gone at once, in every process. What only
changes a page, such as a vote, is seen by visitors when the time is up.
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
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from redis import RedisError

from community.core import demo
from community.core.theme import chosen_theme

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
Key = tuple[object, ...]

GENERATION: Final = "page-cache:generation"
# Longer than any page is kept.
LIFETIME: Final = 86_400
BYTES: Final = 32 * 1024 * 1024
# What an entry takes besides its page.
OVERHEAD: Final = 1024
COOKIES_OF_SOMEONE: Final = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages")


class Entry(NamedTuple):
    generation: str
    until: float
    page: bytes
    headers: dict[str, str]

    def response(self) -> HttpResponse:
        return HttpResponse(self.page, headers=self.headers)


class PageCache:
    """The pages of one process, at most `limit` bytes; the ones asked for least recently go first."""

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
    """After the commit, let no page be shown that was made before it."""
    transaction.on_commit(_start_generation, robust=True)


def _start_generation() -> None:
    cache.set(GENERATION, secrets.token_hex(8), LIFETIME)


def _generation() -> str | None:
    """The generation that holds, the same in every process; None, and so no cache, while Redis is away."""
    try:
        found: str | None = cache.get(GENERATION)
        if found is None:
            cache.add(GENERATION, secrets.token_hex(8), LIFETIME)
            found = cache.get(GENERATION)
    except RedisError:
        return None
    return found


def find(request: HttpRequest) -> HttpResponse | None:
    """Return the page that another visitor was shown, when it still holds for this one."""
    generation = _generation() if _is_visitor(request) else None
    entry = pages.get(_key(request), generation=generation) if generation else None
    return entry.response() if entry else None


def for_visitors(view: View[P]) -> View[P]:
    """Answer visitors with the page another one was shown in the last PAGE_CACHE_SECONDS.

    Whoever carries a session, a message or a form token gets a page of their own, and such a page is never kept.
    Nor is one that sets a cookie or holds a form token, or that says that the demo is still being written.
    """

    @functools.wraps(view)
    def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        generation = _generation() if _is_visitor(request) and not demo.is_being_written() else None
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
    # The cookie of a form token is set only after the view.
    return "CSRF_COOKIE_NEEDS_UPDATE" not in request.META


def _key(request: HttpRequest) -> Key:
    is_htmx = request.headers.get("HX-Request") == "true"
    return (request.get_host(), request.get_full_path(), chosen_theme(request), get_language(), is_htmx)
