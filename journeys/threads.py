"""Where each author stands, beside their posts: for the team only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from community.forum.models import Post, Topic

from . import rules
from .reports import chips

if TYPE_CHECKING:
    from community.forum.models.categories import Reader


def stage_by_member(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Return `stage_by_member`, a MemberState by member id; empty for everybody but the team. One query."""
    if not reader.is_authenticated or not rules.can_see_journeys(reader):
        return {"stage_by_member": {}}
    return {"stage_by_member": chips(post.author_id for post in posts)}
