"""The badges that ship with Caravan."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from community.badges import criteria
from community.badges.models import Badge
from community.core import page_cache

SHIPPED = Path(__file__).resolve().parent.parent / "badges.toml"
_FIELDS = ("name", "sentence", "icon", "level", "series", "rule", "position")


def shipped_badges() -> list[dict[str, Any]]:
    """Return the rows of badges.toml, in order. Raises ValueError for an invalid rule."""
    rows: list[dict[str, Any]] = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["badge"]
    for position, row in enumerate(rows):
        criteria.parse(row["rule"])
        row.setdefault("level", Badge.Level.BRONZE)
        row["position"] = position
    return rows


@transaction.atomic
def sync_badges() -> int:
    """Upsert the shipped badges, except those that were customised; idempotent.

    Return the number of rows written.
    """
    ours = {badge.slug: badge for badge in Badge.objects.filter(source=Badge.Source.OURS)}
    taken = set(Badge.objects.values_list("slug", flat=True)) - set(ours)
    written = 0
    for row in shipped_badges():
        badge = ours.get(row["slug"]) or Badge(slug=row["slug"])
        if badge.is_customised or row["slug"] in taken:
            continue
        if badge.pk and all(getattr(badge, field) == row[field] for field in _FIELDS):
            continue
        for field in _FIELDS:
            setattr(badge, field, row[field])
        badge.save()
        written += 1
    if written:
        page_cache.invalidate_on_commit()
    return written
