"""The site's addresses and one more: plain Django at its least, with the same settings and middleware."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import include, path

from community.forum.models import Category


@lru_cache
def _template(size: int) -> Template:
    """A template that renders to `size` bytes: one variable, the rest literal."""
    return Template("{{ count|stringformat:'04d' }}" + "x" * (size - 4))


def bare(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(_template(size).render(Context({"count": Category.objects.count()})))


urlpatterns = [path("bench/bare/<int:size>/", bare), path("", include("community.urls"))]
