"""Atom feeds, sitemaps and robots.txt, with public content only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.contrib.syndication.views import Feed
from django.db.models import Count, Max, Q
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from community.core import page_cache
from community.core.pagination import CountedPaginator
from community.core.text import xml_safe
from community.forum import lists
from community.forum.models import Category, Tag, Topic
from community.forum.models.topics import TopicQuerySet

ENTRIES = 30


def public_topics() -> TopicQuerySet:
    return lists.readable(AnonymousUser())


class AtomFeed(Atom1Feed):
    """An Atom feed that accepts any text that can be stored."""

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
    title: Any = settings.SITE_NAME
    subtitle: Any = _("New topics")
    link: Any = reverse_lazy("forum:latest")

    def items(self, source: Any) -> TopicQuerySet:
        topics = self.topics(source).select_related("author")
        return topics.order_by("-created_at", "-id")[:ENTRIES]

    def topics(self, source: Any) -> TopicQuerySet:
        return public_topics()

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


class NewTopicsWithin(NewTopics):
    """The newest topics of a category or a tag that everyone may see."""

    def title(self, source: Category | Tag) -> str:
        return f"{source.name} · {settings.SITE_NAME}"

    def link(self, source: Category | Tag) -> str:
        return source.get_absolute_url()


class NewTopicsInCategory(NewTopicsWithin):
    def get_object(self, request: HttpRequest, slug: str) -> Category:
        return get_object_or_404(Category.objects.visible_to(AnonymousUser()), slug=slug)

    def topics(self, source: Category) -> TopicQuerySet:
        return public_topics().filter(Q(category=source) | Q(category__parent=source))


class NewTopicsWithTag(NewTopicsWithin):
    def get_object(self, request: HttpRequest, slug: str) -> Tag:
        return get_object_or_404(Tag.objects.visible_to(AnonymousUser()), slug=slug)

    def topics(self, source: Tag) -> TopicQuerySet:
        return public_topics().filter(tags=source)


class TopicSitemap(Sitemap):  # type: ignore[type-arg]
    """The topics started in one month, so that a new post changes only a few files."""

    limit = 10_000

    def __init__(self, month: date, *, total: int | None = None, latest: datetime | None = None) -> None:
        super().__init__()
        self.month, self.total, self.latest = month, total, latest

    def items(self) -> TopicQuerySet:
        started = Q(created_at__gte=_midnight(self.month), created_at__lt=_midnight(_next_month(self.month)))
        return public_topics().filter(started).only("pk", "slug", "bumped_at").order_by("pk")

    @property
    def paginator(self) -> CountedPaginator:
        paginator = CountedPaginator(self.items(), self.limit)
        paginator.total = self.total
        return paginator

    def lastmod(self, item: Topic) -> datetime:
        return item.bumped_at

    def get_latest_lastmod(self) -> datetime | None:
        return self.latest


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


class CategorySitemap(Sitemap):  # type: ignore[type-arg]
    def items(self) -> Any:
        return Category.objects.visible_to(AnonymousUser())


def _sitemaps() -> dict[str, Any]:
    """Return the sections of the sitemap: categories, and one per month in which topics were started."""
    by_month = public_topics().order_by().annotate(month=TruncMonth("created_at", tzinfo=UTC)).values("month")
    months = by_month.annotate(total=Count("pk"), latest=Max("bumped_at")).order_by("month")
    topics = {
        f"topics-{row['month']:%Y-%m}": TopicSitemap(
            row["month"].date(), total=row["total"], latest=row["latest"]
        )
        for row in months
    }
    return {"categories": CategorySitemap, **topics}


def _section(name: str) -> dict[str, Any]:
    """Return one section. Raises Http404 for an invalid name."""
    if name == "categories":
        return {name: CategorySitemap}
    try:
        month = datetime.strptime(name, "topics-%Y-%m").date()  # noqa: DTZ007 - a month
    except ValueError as error:
        raise Http404 from error
    return {name: TopicSitemap(month)}


_new_topics, _in_category, _with_tag = NewTopics(), NewTopicsInCategory(), NewTopicsWithTag()


@require_safe
@page_cache.for_visitors
def feed(request: HttpRequest) -> HttpResponse:
    return _new_topics(request)


@require_safe
@page_cache.for_visitors
def category_feed(request: HttpRequest, slug: str) -> HttpResponse:
    return _in_category(request, slug=slug)


@require_safe
@page_cache.for_visitors
def tag_feed(request: HttpRequest, slug: str) -> HttpResponse:
    return _with_tag(request, slug=slug)


@require_safe
@page_cache.for_visitors
def sitemap_index(request: HttpRequest) -> HttpResponse:
    return sitemaps.index(request, _sitemaps(), sitemap_url_name="pages:sitemap-section").render()


@require_safe
@page_cache.for_visitors
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    return sitemaps.sitemap(request, _section(section), section).render()


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
