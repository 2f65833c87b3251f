"""What a request asks once and needs again, such as which categories its reader may see.

Outside of a request, in a task or a command, nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

T = TypeVar("T")

_cache: ContextVar[dict[Hashable, Any] | None] = ContextVar("request_cache", default=None)


def get(key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` returned for this key earlier in the request."""
    found = _cache.get()
    if found is None:
        return make()
    if key not in found:
        found[key] = make()
    value: T = found[key]
    return value


def forget(key: Hashable) -> None:
    """Let what follows in this request ask again, because the answer has changed."""
    if (found := _cache.get()) is not None:
        found.pop(key, None)


class RequestCache:
    """Middleware: begin each request with nothing remembered, and end it so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _cache.set({})
        try:
            return self.get_response(request)
        finally:
            _cache.reset(token)
