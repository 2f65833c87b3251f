"""What no address of ours contains is taken out before anything reads it; and who asks when a proxy does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]

NUL: Final = "\x00"


class WithoutNul:
    """PostgreSQL keeps no NUL in texts, so asking it for one is an error: nobody may make a request do so.

    In a path it names nothing (404); in a query or a cookie it is left out. Forms refuse it with a sentence.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            return HttpResponseNotFound("There is no such page.", content_type="text/plain")
        query = request.META.get("QUERY_STRING", "")
        while NUL in query or "%00" in query:  # taking one out of "%%0000" leaves another
            query = query.replace("%00", "").replace(NUL, "")
        request.META["QUERY_STRING"] = query
        for name in [name for name, value in request.COOKIES.items() if NUL in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class ClientAddress:
    """Behind our own proxy, take the address of whoever asked it for the proxy's.

    Else all people would share the limits on log-ins, and ten wrong passwords a minute would keep everybody
    out. Only the last entry is our proxy's word; what stands before it is whatever the client sent.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        client = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if settings.BEHIND_PROXY and client:
            request.META["REMOTE_ADDR"] = client
        return self.get_response(request)


class ForOneReader:
    """Say of every page that it may be another one for another reader: no cache between us hands it on.

    htmx is given parts of pages at the addresses of whole ones. What says by itself how it may be kept, such
    as a picture, is left alone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_vary_headers(response, ["Cookie", "HX-Request"])
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                response["Cache-Control"] = "private"
        return response
