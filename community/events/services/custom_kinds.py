"""Event types that managers added to the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from community.events.catalogue import EVENT_TYPES, EventType, event_type, whole
from community.events.models import CustomKind, CustomProperty

# Enough for a paragraph; longer text belongs in the system that it comes from.
MAX_TEXT = 2000


def among(names: Iterable[str]) -> Mapping[str, EventType]:
    """Return the custom event types with these names. No query if all are in the catalogue."""
    wanted = set(names) - EVENT_TYPES.keys()
    return _types(CustomKind.objects.filter(name__in=wanted)) if wanted else {}


def all_types() -> Mapping[str, EventType]:
    return _types(CustomKind.objects.all())


def _types(kinds: Any) -> Mapping[str, EventType]:
    return {
        kind.name: event_type(kind.name, kind.says, {one.name: _type(one) for one in kind.properties.all()})
        for kind in kinds.prefetch_related("properties")
        if kind.name not in EVENT_TYPES
    }


def _type(one: CustomProperty) -> Any:
    kind: Any
    if one.type == CustomProperty.Type.NUMBER:
        kind = whole(one.least or 0, one.most or 0)
    elif one.type == CustomProperty.Type.YES_NO:
        kind = bool
    else:
        kind = Annotated[str, Field(max_length=MAX_TEXT)]
    return kind if one.required else kind | None
