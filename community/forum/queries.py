"""Reads across the forum's models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from community.core import request_cache
from community.core.pagination import PER_PAGE
from community.core.prepared import Prepared, compiled_at_start
from community.members.models import Member

from .models import Category, Post, Topic
from .models.topics import TopicQuerySet

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.posts import PostQuerySet

_CATEGORY = Topic._meta.get_field("category")


KINDS = ("visitor", "member", "moderator")


def kind_of(reader: Reader) -> str:
    """Return the kind of reader, one of KINDS, which determines the SQL."""
    if not reader.is_authenticated:
        return "visitor"
    return "moderator" if reader.is_moderator else "member"


def placeholder_reader(kind: str, reader_id: int) -> Reader:
    """Return a placeholder reader of this kind, for compiling queries."""
    if kind == "visitor":
        return AnonymousUser()
    return Member(pk=reader_id, role=Member.Role.MODERATOR if kind == "moderator" else "")


def visible_categories(reader: Reader) -> list[Category]:
    """Return the categories that the reader may see, in order; one query per request."""
    key = ("visible_categories", reader.pk)
    return request_cache.get(key, lambda: _categories(kind_of(reader))(reader_id=reader.pk))


def visible_category_ids(reader: Reader) -> list[int]:
    return [category.pk for category in visible_categories(reader)]


def with_categories(reader: Reader, topics: list[Topic]) -> list[Topic]:
    """Give each topic its category, one of those that the reader may see; no query."""
    categories = {category.pk: category for category in visible_categories(reader)}
    for topic in topics:
        if category := categories.get(topic.category_id):
            _CATEGORY.set_cached_value(topic, category)
    return topics


@dataclass(frozen=True)
class TopicRows:
    """Published topics of some categories, in one of ORDERS.

    A slice takes one query, or two (ids, then their topics) where sorting needs all topics or there may be none.
    """

    reader: Reader
    order: str
    category_ids: Sequence[int]
    without: Sequence[int] = ()
    tag_id: int | None = None
    since: datetime | None = None  # of the topics' creation

    def __getitem__(self, wanted: slice) -> list[Topic]:
        kind, start = kind_of(self.reader), wanted.start or 0
        if not start and self._in_one:
            rows = _topic_rows(kind, self.order, wanted.stop)(reader_id=self.reader.pk, **self._filters)
            return with_categories(self.reader, rows)
        # Load the details of this page's topics only. One limit for all pages, so that they share a statement;
        # a short last page ends by itself.
        limit = max(wanted.stop - start, PER_PAGE)
        find = _topic_ids(self.order, limit, self.tag_id is not None, self.since is not None)
        ids = [pk for (pk,) in find(**self._filters, offset=start)]
        if not ids:
            return []
        found = {topic.pk: topic for topic in _topics(kind)(reader_id=self.reader.pk, topic_ids=ids)}
        return with_categories(self.reader, [found[pk] for pk in ids if pk in found])

    def count(self) -> int:
        return _in_order(self.order, **self._filters).count()

    @property
    def _in_one(self) -> bool:
        """Whether an index returns the first topics in order, and there usually are some."""
        is_sorted = self.order not in ("top", "pinned", "pinned everywhere")
        return is_sorted and self.tag_id is None and self.since is None

    @property
    def _filters(self) -> dict[str, Any]:
        return {
            "category_ids": list(self.category_ids),
            "without": list(self.without),
            "tag_id": self.tag_id,
            "since": self.since,
        }


def _everywhere(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.filter(pinned_at__isnull=False, pinned_everywhere=True).order_by("-pinned_at")


def _conversations(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.exclude(kind=Topic.Kind.ANNOUNCEMENT)


def _top(topics: TopicQuerySet) -> TopicQuerySet:
    """Sort by votes, likes and answers."""
    top_score = F("score") + F("like_count") + F("answer_count")
    return topics.alias(top_score=top_score).order_by("-top_score", "-view_count", "-pk")


# The filter and order of each kind of list.
ORDERS: dict[str, Callable[[TopicQuerySet], TopicQuerySet]] = {
    "latest": TopicQuerySet.latest_first,
    "hot": TopicQuerySet.hottest_first,
    "top": _top,
    "unanswered": lambda topics: topics.unanswered().order_by("-created_at", "-pk"),
    "hot conversations": lambda topics: _conversations(topics).hottest_first(),
    "latest conversations": lambda topics: _conversations(topics).latest_first(),
    "pinned": lambda topics: topics.filter(pinned_at__isnull=False).order_by("-pinned_at"),
    "pinned everywhere": _everywhere,
}


@compiled_at_start(KINDS, ("latest", "hot conversations", "latest conversations"), (8, PER_PAGE))
def _topic_rows(kind: str, order: str, limit: int) -> Prepared[Topic]:
    def build(reader_id: int, category_ids: list[int], without: list[int]) -> TopicQuerySet:
        return _in_order(order, category_ids, without).for_list(placeholder_reader(kind, reader_id))

    return Prepared(build, limit=limit)


@cache
def _topic_ids(order: str, limit: int, tagged: bool, dated: bool) -> Prepared[tuple[int]]:
    """Planned each time, but for the few pinned ones: the best plan depends on the tag, the time and the offset."""

    def build(
        category_ids: list[int], without: list[int], tag_id: int, since: datetime
    ) -> QuerySet[Topic, tuple[int]]:
        topics = _in_order(order, category_ids, without, tag_id if tagged else None, since if dated else None)
        return topics.values_list("pk")

    return Prepared(build, limit=limit, keeps_plan=order.startswith("pinned"))


@compiled_at_start(KINDS)
def _topics(kind: str) -> Prepared[Topic]:
    def build(reader_id: int, topic_ids: list[int]) -> TopicQuerySet:
        return Topic.objects.filter(pk__any_of=topic_ids).for_list(placeholder_reader(kind, reader_id))

    return Prepared(build)


def _in_order(
    order: str,
    category_ids: list[int],
    without: list[int],
    tag_id: int | None = None,
    since: datetime | None = None,
) -> TopicQuerySet:
    topics = Topic.objects.filter(category__any_of=category_ids).published().exclude(pk__any_of=without)
    if tag_id is not None:
        topics = topics.filter(tags=tag_id)
    if since is not None:
        topics = topics.filter(created_at__gte=since)
    return ORDERS[order](topics)


@compiled_at_start(KINDS)
def _categories(kind: str) -> Prepared[Category]:
    return Prepared(lambda reader_id: Category.objects.visible_to(placeholder_reader(kind, reader_id)))


def page_number(reader: Reader, post: Post, topic: Topic) -> int:
    """Return the page number on which the reader finds the post or its parent."""
    main = post.parent if post.is_comment and post.parent else post
    if main.is_opening or topic.last_number <= PER_PAGE:
        return 1
    posts = topic.posts.approved_for(reader).without_comments()
    before = Q(number__lt=main.number)
    if topic.best_first:
        before = Q(kind=Post.Kind.OPENING) | Q(is_accepted__gt=main.is_accepted)
        same = Q(is_accepted=main.is_accepted)
        before |= same & (Q(score__gt=main.score) | Q(score=main.score, number__lt=main.number))
    return posts.filter(before).exclude(pk=main.pk).count() // PER_PAGE + 1


def unread_posts(reader: Reader, topic: Topic, *, after: int) -> PostQuerySet:
    """Return the published posts by others after number `after` that the reader may read."""
    unread = _published(reader, topic).filter(number__gt=after)
    return unread.exclude(author=reader) if reader.is_authenticated else unread


def first_unread(reader: Reader, topic: Topic, *, after: int) -> Post | None:
    """Return the first post by someone else after number `after`, or else the last post."""
    unread = unread_posts(reader, topic, after=after).order_by("number")
    return unread.first() or _published(reader, topic).order_by("-number").first()


def _published(reader: Reader, topic: Topic) -> PostQuerySet:
    posts = topic.posts.published().under_parents_of(reader)
    return posts.select_related("parent").defer("source", "markup", "html", "search")


def successor(reader: Reader, topic_id: int) -> Topic | None:
    """Return the topic this one was merged into, following chains, if the reader may see it."""
    topic = Topic.objects.merged().only("merged_into").filter(pk=topic_id).first()
    while topic is not None and topic.merged_into_id:
        topic = Topic.objects.filter(pk=topic.merged_into_id).first()
    return Topic.objects.visible_to(reader).filter(pk=topic.pk).first() if topic else None
