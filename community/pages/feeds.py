"""The Atom feed, sitemaps and robots.txt, with public content only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from community.core import page_cache
from community.core.text import xml_safe
from community.forum import lists
from community.forum.models import Category, Topic
from community.forum.models.topics import TopicQuerySet

ENTRIES = 30


def public_topics() -> TopicQuerySet:
    return lists.readable(AnonymousUser())


class AtomFeed(Atom1Feed):
    """An Atom feed of any text that can be stored."""

    def write(self, outfile: Any, encoding: str) -> None:
        self.feed = _xml_safe(self.feed)
        self.items = _xml_safe(self.items)
        super().write(outfile, encoding)


def _xml_safe(value: Any) -> Any:
    if isinstance(value, str):
        return xml_safe(value)
    if isinstance(value, dict):
        return {key: _xml_safe(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_xml_safe(one) for one in value]
    return value


class NewTopics(Feed):  # type: ignore[type-arg]
    """The newest topics, with the beginning of each."""

    feed_type = AtomFeed
    title = settings.SITE_NAME
    subtitle = "New topics"
    link = reverse_lazy("forum:latest")

    def items(self) -> TopicQuerySet:
        return public_topics().select_related("author").order_by("-created_at", "-id")[:ENTRIES]

    def item_title(self, item: Any) -> str:
        return str(item.title)

    def item_description(self, item: Topic) -> str:
        return item.excerpt

    def item_author_name(self, item: Any) -> str:
        return str(item.author)

    def item_pubdate(self, item: Topic) -> datetime:
        return item.created_at

    def item_updateddate(self, item: Topic) -> datetime:
        return item.bumped_at


class TopicSitemap(Sitemap):  # type: ignore[type-arg]
    limit = 10_000

    def items(self) -> TopicQuerySet:
        return public_topics().only("pk", "slug", "bumped_at").order_by("pk")

    def lastmod(self, item: Topic) -> datetime:
        return item.bumped_at


class CategorySitemap(Sitemap):  # type: ignore[type-arg]
    def items(self) -> Any:
        return Category.objects.visible_to(AnonymousUser())


SITEMAPS: dict[str, type[Sitemap[Any]] | Sitemap[Any]] = {
    "topics": TopicSitemap,
    "categories": CategorySitemap,
}

_new_topics = NewTopics()


@require_safe
@page_cache.for_visitors
def feed(request: HttpRequest) -> HttpResponse:
    return _new_topics(request)


@require_safe
@page_cache.for_visitors
def sitemap_index(request: HttpRequest) -> HttpResponse:
    return sitemaps.index(request, SITEMAPS, sitemap_url_name="pages:sitemap-section").render()


@require_safe
@page_cache.for_visitors
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    return sitemaps.sitemap(request, SITEMAPS, section).render()


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {path}"
            for path in ("/accounts/", "/admin/", "/me/", "/new/", "/search/", "/topics/", "/posts/")
        ),
        f"Sitemap: {request.build_absolute_uri(reverse('pages:sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
