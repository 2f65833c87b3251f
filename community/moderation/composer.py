"""What the composer says before anything is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from community.members.rules import is_verified_customer

from . import active_sanctions
from .models import Policy
from .rate_limits import limits_of
from .screening import SILENCED
from .trust import approved_posts

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.forum.models.categories import Reader


def sentences(reader: Reader, topic: Topic | None = None) -> list[str]:
    """Return what is left of a new member's rate limits, and what else they should know; none for others."""
    if not reader.is_authenticated or reader.is_team:
        return []
    if active_sanctions.is_silenced(reader):
        return [str(SILENCED)]
    if is_verified_customer(reader):
        return []
    policy, written = Policy.current(), approved_posts(reader)
    is_first = written < policy.approve_first_posts
    said = [_("Welcome! Your first post is looked at by a moderator before it appears.")] * is_first
    if written >= policy.new_until_posts:
        return said
    limits = limits_of(reader, topic=topic)
    return said + (limits.sentences(new_topic=topic is None) if limits else [])
