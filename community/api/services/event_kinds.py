"""The events that other systems may send, described for developers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from community.api.inbound_events import COMMERCIAL, INBOUND
from community.api.models import ApiToken
from community.events.catalogue import EVENT_TYPES, EventType
from community.events.services import custom_kinds


def describe() -> list[dict[str, Any]]:
    """Return every event that may be sent, by name: its description, scope and properties."""
    custom = custom_kinds.all_types()
    kinds: Mapping[str, EventType] = {**custom, **{name: EVENT_TYPES[name] for name in INBOUND}}
    return [_described(kinds[name], is_custom=name in custom) for name in sorted(kinds)]


def _described(kind: EventType, *, is_custom: bool) -> dict[str, Any]:
    schema = kind.payload.model_json_schema()
    required = schema.get("required", [])
    return {
        "name": kind.name,
        "description": str(kind.says),
        "scope": str(ApiToken.Scope.PURCHASES if kind.name in COMMERCIAL else ApiToken.Scope.EVENTS),
        "custom": is_custom,
        "properties": [
            {"name": name, "required": name in required, **_shape(field)}
            for name, field in schema["properties"].items()
        ],
    }


def _shape(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return the type and the limits of a property; null, which means that it is missing, is not listed."""
    shape = next((one for one in field.get("anyOf", []) if one.get("type") != "null"), field)
    return {"type": shape["type"], "minimum": shape.get("minimum"), "maximum": shape.get("maximum")}
