"""Cache values for the duration of one request, such as the categories its reader may see.

Outside of requests, in tasks and commands, nothing is cached.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

T = TypeVar("T")

_cache: ContextVar[dict[Hashable, Any] | None] = ContextVar("request_cache", default=None)


def get(key: Hashable, make: Callable[[], T]) -> T:
    """Return the value for `key`, computed by `make` once per request."""
    found = _cache.get()
    if found is None:
        return make()
    if key not in found:
        found[key] = make()
    value: T = found[key]
    return value


def forget(key: Hashable) -> None:
    """Drop a cached value, because it has changed."""
    if (found := _cache.get()) is not None:
        found.pop(key, None)


class RequestCache:
    """Give each request an empty cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _cache.set({})
        try:
            return self.get_response(request)
        finally:
            _cache.reset(token)
