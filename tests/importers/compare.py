"""Compare the words of converted posts with those of the dump's HTML, as an independent parser reads it."""

from collections.abc import Iterator
from pathlib import Path

import lxml.html

from community.importers.models import StagedRow
from community.importers.services.builders.texts import Texts
from community.importers.stackexchange.history import versions_of
from community.importers.stackexchange.reader import read_rows
from community.importers.stackexchange.site import hosts_of
from community.importers.stackexchange.tables import TABLES, Row, usable
from community.importers.stackexchange.text import Links


def words_of(html: str) -> str:
    """Return the text of the HTML and the alt texts of its images, without white space."""
    if not html.strip():
        return ""
    whole = lxml.html.fragment_fromstring(html, create_parent="div")
    for image in whole.iter("img"):
        image.tail = image.get("alt", "") + (image.tail or "")
    return "".join(whole.text_content().split())


def rows_of(folder: Path, name: str) -> Iterator[Row]:
    table = next(table for table in TABLES if table.name == name)
    for attributes in read_rows(folder / table.file, root=table.root, on_bytes=lambda size: None):
        yield usable(table, attributes)


def staged(file: str, row: Row) -> StagedRow:
    return StagedRow(file=file, source_id=row.source_id, created_at=row.created_at, data=row.data)


def differing(folder: Path, *, with_history: bool, every: int = 1) -> Iterator[tuple[StagedRow, str, str]]:
    """Yield each post whose words differ, with its words in the dump and those of its conversion.

    Only posts whose id is a multiple of `every`.
    """
    texts = Texts(Links(hosts_of(folder)), {})
    history: dict[int | None, list[StagedRow]] = {}
    for row in rows_of(folder, "history") if with_history else ():
        if not row.skip and row.data["PostHistoryTypeId"] <= 9:
            history.setdefault(row.parent_id, []).append(staged("history", row))
    for row in rows_of(folder, "posts"):
        if row.data.get("PostTypeId") in (1, 2) and (row.source_id or 0) % every == 0:
            versions = versions_of(history.get(row.source_id, []))
            post = staged("posts", row)
            _, rendered = texts.convert_latest(post, versions[-1].body if versions else None)
            wanted, shown = words_of(row.data.get("Body", "")), "".join(rendered.text.split())
            if wanted != shown:
                yield post, wanted, shown
