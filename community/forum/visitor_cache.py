"""Whole pages kept a few seconds for visitors, who all see the same; dropped when what they show changes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from community.core import demo
from community.core.freshness import EVERYTHING, build, keep, versions_in
from community.core.theme import chosen_theme

from .freshness import LISTS, topic_key

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

COOKIES_OF_SOMEONE = (settings.SESSION_COOKIE_NAME, "messages", settings.CSRF_COOKIE_NAME)


def kept_for_visitors(view: View[P]) -> View[P]:
    """Answer visitors with the page another one got, while neither its topic nor the lists have changed.

    A view with a `topic_id` depends on that topic, any other on all lists. Whoever carries a session, a
    message or a form token gets a page of their own, and such a page is never kept. Nor is one that says
    that the demo is still being written.
    """
    return _kept(view, lambda kwargs: topic_key(int(kwargs["topic_id"])) if "topic_id" in kwargs else LISTS)


def kept_for_visitors_until(version: str) -> Callable[[View[P]], View[P]]:
    """The same for a view that shows something else: its pages are dropped with this version."""
    return lambda view: _kept(view, lambda kwargs: version)


def _kept(view: View[P], version_of: Callable[[Mapping[str, Any]], str]) -> View[P]:
    @functools.wraps(view)
    def kept(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not _is_visitor(request) or demo.is_being_written():
            return view(request, *args, **kwargs)
        depends_on, key = version_of(kwargs), page_key(request, "visitors")
        found: dict[str, Any] = cache.get_many([key, depends_on, EVERYTHING])
        versions = versions_in(found, [depends_on, EVERYTHING])
        if (page := found.get(key)) is not None and page[0] == versions:
            return HttpResponse(page[1])
        response = view(request, *args, **kwargs)
        keepable = response.status_code == 200 and not response.cookies and not response.streaming
        if keepable and not demo.is_being_written():
            keep(key, response.content, versions, settings.VISITOR_PAGE_SECONDS)
        return response

    return kept


def _is_visitor(request: HttpRequest) -> bool:
    if settings.VISITOR_PAGE_SECONDS <= 0 or request.method not in ("GET", "HEAD"):
        return False
    return not any(name in request.COOKIES for name in COOKIES_OF_SOMEONE)


def is_asked_plainly(request: HttpRequest, address: str) -> bool:
    """Whether this page of ours was asked for as we link to it.

    An address has endless other spellings, each of which would be kept by itself.
    """
    own_host = urlsplit(settings.SITE_URL).netloc
    return request.get_full_path() == address and request.get_host() == own_host


def page_key(request: HttpRequest, *readers: str) -> str:
    """The key of a page that all of these readers are shown."""
    parts = (
        request.get_host(), request.get_full_path(), chosen_theme(request), get_language(),
        request.headers.get("HX-Request") == "true", build(), *readers,
    )  # fmt: skip
    return "forum:page:" + hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
