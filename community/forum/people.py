"""Whom one may want to mention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, Value

from community.members.models import Member

from .models import Post, Topic

if TYPE_CHECKING:
    from community.members.models import Member as Reader

OFFERED = 6


def suggest_people(begun: str, *, reader: Reader, topic_id: int | None = None) -> list[Member]:
    """Return up to six active members whose handle or name begins so; people of the topic come first."""
    people = Member.objects.filter(is_active=True).exclude(pk=reader.pk)
    if begun:
        people = people.filter(
            Q(username__istartswith=begun)
            | Q(display_name__istartswith=begun)
            | Q(display_name__icontains=f" {begun}")
        )
    visible = topic_id is not None and Topic.objects.visible_to(reader).filter(pk=topic_id).exists()
    wrote = Post.objects.published().filter(topic=topic_id, author=OuterRef("pk"))
    present = people.annotate(present=Exists(wrote) if visible else Value(False))
    if not begun:
        present = present.filter(present=True)
    return list(present.order_by("-present", "username")[:OFFERED])
