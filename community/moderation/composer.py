"""Notices above the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from . import active_sanctions
from .rate_limits import limits_of
from .screening import SILENCED

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.forum.models.categories import Reader


def sentences(reader: Reader, topic: Topic | None = None) -> list[str]:
    """Return notices about a new member's remaining limits, approval and silences; empty for most members."""
    if not reader.is_authenticated or reader.is_team:
        return []
    if active_sanctions.is_silenced(reader):
        return [str(SILENCED)]
    limits = limits_of(reader, topic=topic)
    if limits is None:
        return []
    is_first = limits.approved < limits.policy.approve_first_posts
    welcome = [_("Welcome! A moderator reviews your first post before it is published.")] * is_first
    return welcome + limits.sentences(new_topic=topic is None)
