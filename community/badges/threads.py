"""What badges add to a page of posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .models import Award

if TYPE_CHECKING:
    from community.forum.models import Post, Topic
    from community.forum.models.categories import Reader


def badges_by_post(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Give the awards that each post earned, for `badges/_post_badges.html`."""
    by_post: dict[int, list[Award]] = defaultdict(list)
    for award in Award.objects.beside_posts([post.pk for post in posts]):
        by_post[award.post_id or 0].append(award)
    return {"badges_by_post": dict(by_post)}
