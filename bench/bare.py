"""The baseline: a view with one query and a template of the same size, behind a frozen list of middleware.

The list is the site's as of commit 73aceb0, so that later savings in the site's middleware show up. The site's
own classes are copied as they were, reduced to what they do for visitors, because the bare view has no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.template import Context, Engine, Template
from django.urls import path
from django.utils.cache import patch_vary_headers

from community.core.middleware import REFUSED

GetResponse = Callable[[HttpRequest], HttpResponse]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "bench.bare.ClientAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bench.bare.WithoutNul",
    "bench.bare.ForOneReader",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "bench.bare.OwnTimeZone",
    "bench.bare.Visits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bench.bare.Moderation",
    "allauth.account.middleware.AccountMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]


@lru_cache
def template_of(size: int) -> Template:
    """Return a template that renders to `size` bytes: one variable, the rest is literal."""
    return Engine().from_string("{{ count|stringformat:'04d' }}" + "x" * (size - 4))


def bare(request: HttpRequest, size: int) -> HttpResponse:
    count = apps.get_model("forum", "Category").objects.count()
    return HttpResponse(template_of(size).render(Context({"count": count})))


urlpatterns = [path("<int:size>/", bare)]


class Middleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response


class ClientAddress(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The web server asks once, at its start, for the answer that it gives when it is busy.
        if request.META.get(REFUSED):
            return HttpResponse(status=503)
        client = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if settings.BEHIND_PROXY and client:
            request.META["REMOTE_ADDR"] = client
        return self.get_response(request)


class WithoutNul(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            return HttpResponseNotFound("There is no such page.", content_type="text/plain")
        query = request.META.get("QUERY_STRING", "")
        while "\x00" in query or "%00" in query:
            query = query.replace("%00", "").replace("\x00", "")
        request.META["QUERY_STRING"] = query
        for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class ForOneReader(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_vary_headers(response, ["Cookie", "HX-Request"])
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                response["Cache-Control"] = "private"
        return response


class OwnTimeZone(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        require_visitor(request)
        return self.get_response(request)


class Visits(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and response.status_code == 200:
            require_visitor(request)
        return response


class Moderation(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        with happening(path=request.path, address=request.META.get("REMOTE_ADDR", "")):
            require_visitor(request)
            response = self.get_response(request)
        if request.path.startswith("/admin/"):
            raise LookupError("The bare server has no admin.")
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if request.method not in ("GET", "HEAD", "OPTIONS") and match is not None:
            raise LookupError("The bare server is read-only.")


def require_visitor(request: HttpRequest) -> None:
    """Raise LookupError for a session, because the classes above only handle visitors."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        raise LookupError("The bare view is for visitors.")


_where: ContextVar[Mapping[str, Any]] = ContextVar("bare_where", default={})  # noqa: B039 - never changed


@contextmanager
def happening(**where: Any) -> Iterator[None]:
    token = _where.set({**_where.get(), **where})
    try:
        yield
    finally:
        _where.reset(token)
