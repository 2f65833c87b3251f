"""Whole pages kept a few seconds for visitors, who all see the same; dropped when what they show changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from community.core import demo
from community.core.kept_pages import find_page, keep_page, page_key

from .kept_pages import LISTS, topic_version

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

COOKIES_OF_SOMEONE = (settings.SESSION_COOKIE_NAME, "messages", settings.CSRF_COOKIE_NAME)


def kept_for_visitors(view: View[P]) -> View[P]:
    """Answer visitors with the page another one got, while neither its topic nor the lists have changed.

    A view with a `topic_id` depends on that topic, any other on all lists. Whoever carries a session, a
    message or a form token gets a page of their own, and such a page is never kept. Nor is one that says
    that the demo is still being written.
    """
    return _kept(
        view, lambda kwargs: topic_version(int(kwargs["topic_id"])) if "topic_id" in kwargs else LISTS
    )


def kept_for_visitors_until(version: str) -> Callable[[View[P]], View[P]]:
    """The same for a view that shows something else: its pages are dropped with this version."""
    return lambda view: _kept(view, lambda kwargs: version)


def _kept(view: View[P], version_of: Callable[[Mapping[str, Any]], str]) -> View[P]:
    @functools.wraps(view)
    def kept(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not _is_visitor(request) or demo.is_being_written():
            return view(request, *args, **kwargs)
        depends_on, key = version_of(kwargs), page_key(request, "visitors")
        page, versions = find_page(key, depends_on=depends_on)
        if page is not None:
            return HttpResponse(page)
        response = view(request, *args, **kwargs)
        if response.status_code == 200 and not response.cookies and not response.streaming:
            keep_page(key, response.content, versions=versions, seconds=settings.KEPT_PAGE_SECONDS)
        return response

    return kept


def _is_visitor(request: HttpRequest) -> bool:
    if settings.KEPT_PAGE_SECONDS <= 0 or request.method not in ("GET", "HEAD"):
        return False
    return not any(name in request.COOKIES for name in COOKIES_OF_SOMEONE)
