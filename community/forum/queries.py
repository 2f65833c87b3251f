"""Reads across the forum's models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from community.core import request_cache
from community.core.pagination import PER_PAGE
from community.core.prepared import Prepared
from community.members.models import Member

from .models import Category, Post, Topic
from .models.topics import TopicQuerySet

if TYPE_CHECKING:
    from .models.categories import Reader


def kind_of(reader: Reader) -> str:
    """Return the kind of reader, which determines the SQL: "visitor", "member" or "moderator"."""
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


@dataclass(frozen=True)
class TopicRows:
    """Published topics of some categories, in one of ORDERS.

    A slice of it is one query, or two if it does not begin with the first topic.
    """

    reader: Reader
    order: str
    category_ids: Sequence[int]
    without: Sequence[int] = ()

    def __getitem__(self, wanted: slice) -> list[Topic]:
        kind, start = kind_of(self.reader), wanted.start or 0
        of: dict[str, Any] = {"category_ids": list(self.category_ids), "without": list(self.without)}
        if not start:
            return _topic_rows(kind, self.order, wanted.stop)(reader_id=self.reader.pk, **of)
        # Load the details of this page's topics only. One limit for all pages, so that they share a statement;
        # a short last page ends by itself.
        limit = max(wanted.stop - start, PER_PAGE)
        ids = [pk for (pk,) in _topic_ids(self.order, limit)(**of, offset=start)]
        return _topic_rows_among(kind, self.order)(reader_id=self.reader.pk, topic_ids=ids, **of)


def _everywhere(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.filter(pinned_at__isnull=False, pinned_everywhere=True).order_by("-pinned_at")


def _conversations(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.exclude(kind=Topic.Kind.ANNOUNCEMENT).hottest_first()


# The filter and order of each kind of list.
ORDERS: dict[str, Callable[[TopicQuerySet], TopicQuerySet]] = {
    "latest": TopicQuerySet.latest_first,
    "hot": TopicQuerySet.hottest_first,
    "conversations": _conversations,
    "pinned": lambda topics: topics.filter(pinned_at__isnull=False).order_by("-pinned_at"),
    "pinned everywhere": _everywhere,
}


@cache
def _topic_rows(kind: str, order: str, limit: int) -> Prepared[Topic]:
    def build(reader_id: int, category_ids: list[int], without: list[int]) -> TopicQuerySet:
        return _in_order(order, category_ids, without).for_list(placeholder_reader(kind, reader_id))

    return Prepared(build, limit=limit)


@cache
def _topic_ids(order: str, limit: int) -> Prepared[tuple[int]]:
    def build(category_ids: list[int], without: list[int]) -> QuerySet[Topic, tuple[int]]:
        return _in_order(order, category_ids, without).values_list("pk")

    return Prepared(build, limit=limit)


@cache
def _topic_rows_among(kind: str, order: str) -> Prepared[Topic]:
    def build(
        reader_id: int, category_ids: list[int], without: list[int], topic_ids: list[int]
    ) -> TopicQuerySet:
        topics = _in_order(order, category_ids, without).filter(pk__any_of=topic_ids)
        return topics.for_list(placeholder_reader(kind, reader_id))

    return Prepared(build)


def _in_order(order: str, category_ids: list[int], without: list[int]) -> TopicQuerySet:
    topics = Topic.objects.filter(category__any_of=category_ids).published().exclude(pk__any_of=without)
    return ORDERS[order](topics)


@cache
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


def first_unread(reader: Reader, topic: Topic, *, after: int) -> Post | None:
    """Return the first post by someone else after number `after`, or else the last post."""
    posts = topic.posts.published().select_related("parent").defer("source", "html", "search")
    unread = posts.filter(number__gt=after)
    if reader.is_authenticated:
        unread = unread.exclude(author=reader)
    return unread.order_by("number").first() or posts.order_by("-number").first()
