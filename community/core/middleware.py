"""Middleware for every request.

Strip NUL, limit visitors' concurrency, refuse multipart log-ins, answer timed-out statements, set headers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.template.loader import get_template
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from community.core import page_cache, redaction, sessions

GetResponse = Callable[[HttpRequest], HttpResponse]

NUL: Final = "\x00"
# Cheap paths, and paths for authenticated machines; never refused for lack of a slot.
UNLIMITED_PATHS: Final = ("/static/", "/media/", "/brand-", "/healthz", "/readyz", "/metrics", "/api/")
# Where people log in and sign up.
ACCOUNT_PATHS: Final = ("/accounts/", "/admin/login/")
# What browsers load as a part of a page, by the Sec-Fetch-Dest header, and where we have such parts.
EMBEDS: Final = frozenset(("image", "audio", "video", "track", "object", "embed", "iframe", "frame"))
EMBED_PATHS: Final = (settings.STATIC_URL, settings.MEDIA_URL)
# Set in META by the web server: there was no slot for this visitor's request, but the page may be cached.
REFUSED: Final = "caravan.refused"
RETRY_SECONDS: Final = 5
# How long a visitor's request yields to members' requests.
YIELD_SECONDS: Final = 1


class StripNullBytes:
    """Remove NUL, which PostgreSQL cannot store: 404 in a path, dropped from query strings; a cookie with it is empty.

    Forms report it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            return HttpResponseNotFound("There is no such page.", content_type="text/plain")
        query = request.META.get("QUERY_STRING", "")
        while NUL in query or "%00" in query:  # removing one from "%%0000" leaves another
            query = query.replace("%00", "").replace(NUL, "")
        request.META["QUERY_STRING"] = query
        for name in [name for name, value in request.COOKIES.items() if NUL in value]:
            request.COOKIES[name] = (
                ""  # still there: without a session cookie, a request counts as a visitor's
            )
        return self.get_response(request)


class NoEmbeds:
    """Answer 404 where a browser wants to show one of our pages as an image, a frame or the like.

    Anyone can put the address of a page into an image, here or by a redirect from another site, and the browsers
    of all who see it would request that page with their cookies. It must come before sessions, so that nothing is
    counted or recorded. Browsers send the header over HTTPS only.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.method in ("GET", "HEAD")
            and request.headers.get("Sec-Fetch-Dest") in EMBEDS
            and not request.path.startswith(EMBED_PATHS)
        ):
            # The same address is a page when someone follows a link to it.
            return HttpResponseNotFound(
                "There is no such file.", content_type="text/plain", headers={"Cache-Control": "no-store"}
            )
        return self.get_response(request)


class VisitorLimit:
    """Serve members first; answer 503 (or a cached page) to visitors beyond the limit.

    The web server itself refuses most visitors beyond its limit; the requests that it passes on with a flag get a
    cached page or 503. A signed key whose session has ended gets past it, so that request needs one of
    `settings.VISITOR_PLACES`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.places = threading.BoundedSemaphore(settings.VISITOR_PLACES)
        self.members = 0
        self.member_left = threading.Condition()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get(REFUSED):
            return page_cache.find(request) or busy()
        if request.path.startswith(UNLIMITED_PATHS):
            return self.get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self._serve_visitor(request)
        if SESSION_KEY in request.session:
            return self._serve_member(request)
        sessions.note_ended(request.COOKIES[settings.SESSION_COOKIE_NAME])
        if not self.places.acquire(blocking=False):
            return page_cache.find(request) or busy()
        try:
            return self._serve_visitor(request)
        finally:
            self.places.release()

    def _serve_member(self, request: HttpRequest) -> HttpResponse:
        with self.member_left:
            self.members += 1
        try:
            return self.get_response(request)
        finally:
            with self.member_left:
                self.members -= 1
                self.member_left.notify_all()

    def _serve_visitor(self, request: HttpRequest) -> HttpResponse:
        """Yield to members first and before each statement outside a transaction, for up to YIELD_SECONDS in total."""
        until = time.monotonic() + YIELD_SECONDS

        def let_members_go_first(
            execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
        ) -> Any:
            if not context["connection"].in_atomic_block:
                self._wait_for_members(until)
            return execute(sql, params, many, context)

        self._wait_for_members(until)
        with connection.execute_wrapper(let_members_go_first):
            return self.get_response(request)

    def _wait_for_members(self, until: float) -> None:
        if self.members:
            with self.member_left:
                self.member_left.wait_for(lambda: not self.members, timeout=max(0, until - time.monotonic()))


class NoAccountUploads:
    """Refuse multipart forms from visitors on account pages with 415, before parsing them; they upload no files."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.content_type == "multipart/form-data"
            and request.path.startswith(ACCOUNT_PATHS)
            and SESSION_KEY not in request.session
        ):
            sentence = _("This form does not accept files. Go back and try again from our page.")
            return HttpResponse(sentence, status=415, content_type="text/plain")
        return self.get_response(request)


class StatementTimeout:
    """Answer 503 when PostgreSQL cancels a statement for taking too long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError) and isinstance(exception.__cause__, QueryCanceled):
            return busy()
        return None


def busy() -> HttpResponse:
    """Return the 503 page; needs no database."""
    return HttpResponse(_busy_page(), status=503, headers={"Retry-After": str(RETRY_SECONDS)})


@cache
def _busy_page() -> str:
    return get_template("503.html").render()


class ContentSecurityPolicy(CSPMiddleware):
    """Set the policy's header; it is built once for the responses without a nonce or a policy of their own."""

    usual: str | None = None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_usual = HEADER not in response and not any(
            name.startswith("_csp_") for name in (*vars(request), *vars(response))
        )
        if is_usual and self.usual:
            response[HEADER] = self.usual
            return response
        response = super().process_response(request, response)
        if is_usual:
            self.usual = response.get(HEADER)
        return response


class PrivateResponses:
    """Mark responses as private and varying by reader.

    They also vary by HX-Request, because htmx gets fragments at the URLs of whole pages. Responses with their own
    Cache-Control, such as images, are left alone. Pages behind links with a token are not stored, and their
    URLs are not sent to other sites. (With `no-referrer`, browsers would post forms with `Origin: null`.)
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if redaction.has_secret(request.resolver_match):
            response["Cache-Control"] = "no-store, private"
            response["Referrer-Policy"] = "strict-origin"
            response["X-Robots-Tag"] = "noindex"
        elif not response.has_header("Cache-Control"):
            patch_vary_headers(response, ["Cookie", "HX-Request"])
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                response["Cache-Control"] = "private"
        return response
