"""Combine a post's history rows into the versions that readers saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from .kinds import BODY_HISTORY, TAGS_HISTORY, TITLE_HISTORY


class HistoryRow(Protocol):
    @property
    def source_id(self) -> int | None: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Version:
    """The full post after one revision. `body` is Markdown; None while it is not known."""

    at: datetime
    title: str = ""
    tags: str = ""
    body: str | None = None
    editor: int | None = None
    reason: str = ""


def versions_of(rows: Iterable[HistoryRow]) -> list[Version]:
    """Return the versions, oldest first. Rows with the same RevisionGUID are one; rollbacks count as edits."""
    content = [row for row in rows if int(row.data["PostHistoryTypeId"]) <= max(TAGS_HISTORY)]
    ordered = sorted(content, key=lambda row: (row.created_at, row.source_id))
    found: list[Version] = []
    for _, group in groupby(_by_revision(ordered), key=lambda pair: pair[0]):
        found.append(_next(found[-1] if found else None, [row for _, row in group]))
    return found


def _by_revision(rows: Sequence[HistoryRow]) -> list[tuple[int, HistoryRow]]:
    """Number each revision by its first row, so that interleaved rows of another do not split it."""
    places: dict[str, int] = {}
    numbered = [
        (places.setdefault(row.data.get("RevisionGUID") or f"row {row.source_id}", place), row)
        for place, row in enumerate(rows)
    ]
    return sorted(numbered, key=lambda pair: pair[0])


def _next(before: Version | None, rows: Sequence[HistoryRow]) -> Version:
    first = rows[0]
    if first.created_at is None:
        raise ValueError("A history row has no time.")
    version = replace(
        before or Version(at=first.created_at),
        at=first.created_at,
        editor=first.data.get("UserId"),
        reason=next((row.data["Comment"] for row in rows if row.data.get("Comment")), ""),
    )
    for row in rows:
        kind, text = int(row.data["PostHistoryTypeId"]), row.data.get("Text", "")
        if kind in TITLE_HISTORY:
            version = replace(version, title=text)
        elif kind in BODY_HISTORY:
            version = replace(version, body=text)
        elif kind in TAGS_HISTORY:
            version = replace(version, tags=",".join(tag_names(text)))
    return version


def tag_names(text: str) -> list[str]:
    """Return the names in `<a><b>` (older dumps) or `|a|b|` (newer dumps)."""
    return [name for name in text.replace("><", "|").strip("<>|").split("|") if name]
