"""Reads that go across the models of the forum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from community.core.pagination import PER_PAGE

from .models import Post, Topic

if TYPE_CHECKING:
    from .models.categories import Reader


def find_topic(reader: Reader, topic_id: int) -> Topic | None:
    """Return the topic with what its page shows of it, or None when there is none for this reader."""
    topics = Topic.objects.visible_to(reader).filter(pk=topic_id)
    return (
        topics.with_tag_list()
        .with_reading_of(reader)
        .select_related("category", "category__parent", "author", "closed_by")
        .defer("search")
        .first()
    )


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
