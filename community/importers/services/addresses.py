"""Resolve URLs of an imported site to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from community.forum.models import Post, Tag, Topic
from community.importers.models import ImportedRow
from community.importers.stackexchange.addresses import Target, targets_of
from community.members.models import Member

if TYPE_CHECKING:
    from community.forum.models.categories import Reader


def new_address(path: str, *, reader: Reader) -> str | None:
    """Return our URL for an old path (without its leading slash); None if the reader may see nothing there."""
    for target in targets_of(path):
        found = _address(target, reader)
        if found:
            return found
    return None


def _address(target: Target, reader: Reader) -> str | None:
    if target.kind == "tag":
        tag = Tag.objects.visible_to(reader).filter(name=target.key).first()
        return tag.get_absolute_url() if tag else None
    rows = ImportedRow.objects.filter(kind=target.kind, source_id=target.key).order_by("pk")
    keys = list(rows.values_list("target_id", flat=True))
    if target.kind == "user":
        member = Member.objects.filter(pk__in=keys, is_active=True).order_by("pk").first()
        return member.get_absolute_url() if member else None
    post = Post.objects.visible_to(reader).filter(pk__in=keys).order_by("pk").first()
    if post is None:
        return None
    return (
        Topic.objects.get(pk=post.topic_id).get_absolute_url() if post.is_opening else post.get_absolute_url()
    )
