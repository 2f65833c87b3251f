"""What the templates of the forum need beyond Django's own."""

from collections.abc import Mapping
from typing import Any

from django import template

from community.forum.models import Topic

register = template.Library()

KIND_ICONS = {
    Topic.Kind.DISCUSSION: "messages-square",
    Topic.Kind.QUESTION: "circle-help",
    Topic.Kind.IDEA: "lightbulb",
    Topic.Kind.ARTICLE: "article",
    Topic.Kind.ANNOUNCEMENT: "megaphone",
}


@register.filter
def at(values: Mapping[Any, Any] | None, key: Any) -> Any:
    """What stands at `key`, or nothing where there is nothing, or no mapping at all."""
    return values.get(key) if values else None


@register.filter
def kind_icon(kind: str) -> str:
    """The icon of a kind of topic."""
    return KIND_ICONS[Topic.Kind(kind)]
