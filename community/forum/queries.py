"""Reads that go across the models of the forum."""

from __future__ import annotations

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


def visible_category_ids(reader: Reader) -> list[int]:
    """Return the categories that the reader may see; one query a request."""
    key = ("visible_category_ids", reader.pk)
    return request_cache.get(
        key, lambda: [pk for (pk,) in _visible_categories(kind_of(reader))(reader_id=reader.pk)]
    )


def find_topic(reader: Reader, topic_id: int) -> Topic | None:
    """Return the topic with what its page shows of it, or None when there is none for this reader."""
    find = _topics(kind_of(reader))
    return find.first(topic_id=topic_id, reader_id=reader.pk, category_ids=visible_category_ids(reader))


@cache
def _visible_categories(kind: str) -> Prepared[tuple[int]]:
    return Prepared(
        lambda reader_id: Category.objects.visible_to(stand_in(kind, reader_id)).order_by().values_list("pk")
    )


@cache
def _topics(kind: str) -> Prepared[Topic]:
    def build(topic_id: int, reader_id: int, category_ids: list[int]) -> TopicQuerySet:
        reader = stand_in(kind, reader_id)
        topics = Topic.objects.within(category_ids, reader).filter(pk=topic_id)
        related = topics.select_related("category", "category__parent", "author", "closed_by")
        return related.with_tag_list().with_reading_of(reader).defer("search")

    return Prepared(build)


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
