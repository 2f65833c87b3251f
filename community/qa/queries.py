"""Votes and official marks for a page of posts."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery, Value

from .models import OfficialMark, Vote

if TYPE_CHECKING:
    from community.forum.models.categories import Reader
    from community.forum.models.posts import PostQuerySet


def with_vote_of(posts: PostQuerySet, reader: Reader) -> PostQuerySet:
    """Annotate `vote`, the reader's vote on each post: 1, -1 or None (0 for visitors)."""
    if not reader.is_authenticated:
        return posts.annotate(vote=Value(0))
    votes = Vote.objects.filter(post=OuterRef("pk"), member=reader)
    return posts.annotate(vote=Subquery(votes.values("value")))


def official_marks(post_ids: Collection[int]) -> dict[int, OfficialMark]:
    """Return the official marks of these posts, by post id."""
    if not post_ids:
        return {}
    marks = OfficialMark.objects.filter(post__in=post_ids).select_related("member")
    return {mark.post_id: mark for mark in marks}
