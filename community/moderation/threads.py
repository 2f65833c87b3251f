"""What moderation adds to a page of posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from . import rules
from .models import ReviewItem

if TYPE_CHECKING:
    from community.forum.models import Post, Topic
    from community.forum.models.categories import Reader


def reviews_by_post(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Give moderators the waiting review items of these posts; nobody else learns of them."""
    if not rules.can_moderate(reader):
        return {"reviews_by_post": {}}
    waiting = ReviewItem.objects.open().filter(post__in=[post.pk for post in posts]).order_by("priority")
    return {"reviews_by_post": {item.post_id: item for item in waiting}}
