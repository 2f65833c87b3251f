"""Reads that go across the models of the forum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from community.core import request_cache
from community.core.pagination import PER_PAGE
from community.core.prepared import Prepared
from community.members.models import Member

from .models import Category, Post, Topic

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.topics import TopicQuerySet


def kind_of(reader: Reader) -> str:
    """What decides about the SQL of a reader's queries: "visitor", "member" or "moderator"."""
    if not reader.is_authenticated:
        return "visitor"
    return "moderator" if reader.is_moderator else "member"


def stand_in(kind: str, reader_id: int) -> Reader:
    """Return a reader of this kind, to compile queries for all of them."""
    if kind == "visitor":
        return AnonymousUser()
    return Member(pk=reader_id, role=Member.Role.MODERATOR if kind == "moderator" else "")


def visible_categories(reader: Reader) -> list[Category]:
    """Return the categories that the reader may see, in order; one query a request."""
    key = ("visible_categories", reader.pk)
    return request_cache.get(key, lambda: _categories(kind_of(reader))(reader_id=reader.pk))


def visible_category_ids(reader: Reader) -> list[int]:
    return [category.pk for category in visible_categories(reader)]


@dataclass(frozen=True)
class TopicRows:
    """Published topics of some categories, in one of the orders of ROWS; a slice of it is one query."""

    reader: Reader
    order: str
    category_ids: Sequence[int]
    without: Sequence[int] = ()

    def __getitem__(self, wanted: slice) -> list[Topic]:
        start = wanted.start or 0
        # One statement for every page: a last page that is shorter ends by itself.
        limit = max(wanted.stop - start, PER_PAGE) if start else wanted.stop
        rows = _topic_rows(kind_of(self.reader), self.order, limit)
        return rows(
            reader_id=self.reader.pk,
            category_ids=list(self.category_ids),
            without=list(self.without),
            offset=start,
        )


def _everywhere(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.filter(pinned_at__isnull=False, pinned_everywhere=True).order_by("-pinned_at")


def _conversations(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.exclude(kind=Topic.Kind.ANNOUNCEMENT).order_by("-hot_score", "-pk")


# What a list may be of and in which order.
ROWS: dict[str, Callable[[TopicQuerySet], TopicQuerySet]] = {
    "latest": lambda topics: topics.order_by("-bumped_at", "-pk"),
    "hot": lambda topics: topics.order_by("-hot_score", "-pk"),
    "conversations": _conversations,
    "pinned": lambda topics: topics.filter(pinned_at__isnull=False).order_by("-pinned_at"),
    "pinned everywhere": _everywhere,
}


@cache
def _topic_rows(kind: str, order: str, limit: int) -> Prepared[Topic]:
    def build(reader_id: int, category_ids: list[int], without: list[int]) -> TopicQuerySet:
        topics = Topic.objects.filter(category__any_of=category_ids).published().exclude(pk__any_of=without)
        return ROWS[order](topics).for_list(stand_in(kind, reader_id))

    return Prepared(build, limit=limit)


@cache
def _categories(kind: str) -> Prepared[Category]:
    return Prepared(lambda reader_id: Category.objects.visible_to(stand_in(kind, reader_id)))


def page_number(reader: Reader, post: Post, topic: Topic) -> int:
    """On which page of its topic this reader finds the post, or the one it stands under."""
    main = post.parent if post.is_comment and post.parent else post
    if main.is_opening or topic.last_number <= PER_PAGE:
        return 1
    posts = topic.posts.placed_for(reader).standing_alone()
    before = Q(number__lt=main.number)
    if topic.best_first:
        before = Q(kind=Post.Kind.OPENING) | Q(is_accepted__gt=main.is_accepted)
        same = Q(is_accepted=main.is_accepted)
        before |= same & (Q(score__gt=main.score) | Q(score=main.score, number__lt=main.number))
    return posts.filter(before).exclude(pk=main.pk).count() // PER_PAGE + 1


def first_unread(reader: Reader, topic: Topic, *, after: int) -> Post | None:
    """The first post by someone else after number `after`, else the last one there is."""
    posts = topic.posts.published().select_related("parent").defer("source", "html", "search")
    unread = posts.filter(number__gt=after)
    if reader.is_authenticated:
        unread = unread.exclude(author=reader)
    return unread.order_by("number").first() or posts.order_by("-number").first()
