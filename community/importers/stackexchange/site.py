"""Find out which site a dump is from. No file says so, but the links between posts do."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from pathlib import Path

from .reader import read_rows

# Enough rows even for the largest site.
SAMPLE_SIZE = 50_000
_LINK = re.compile(r"//([\w.-]{4,100})/(?:questions|q|a)/(\d{1,15})\b")
_FILES = (("Posts.xml", "posts", "Id", "Body"), ("Comments.xml", "comments", "PostId", "Text"))


def hosts_of(folder: Path) -> list[str]:
    """Return the site's host names, most used first; empty if no links were found.

    PostLinks lists which post links to which, so a link to that id in the text of the linking post
    contains the site's host.
    """
    linked = _linked(folder / "PostLinks.xml")
    found: Counter[str] = Counter()
    for name, root, post, text in _FILES:
        for row in _sample(folder / name, root):
            related = linked.get(row.get(post, ""))
            if related:
                found.update(host.lower() for host, key in _LINK.findall(row.get(text, "")) if key in related)
    return [host for host, _ in found.most_common(5)]


def _linked(path: Path) -> dict[str, set[str]]:
    pairs: dict[str, set[str]] = {}
    for row in _sample(path, "postlinks"):
        pairs.setdefault(row.get("PostId", ""), set()).add(row.get("RelatedPostId", ""))
    return pairs


def _sample(path: Path, root: str) -> list[dict[str, str]] | islice[dict[str, str]]:
    return (
        islice(read_rows(path, root=root, on_bytes=lambda size: None), SAMPLE_SIZE) if path.is_file() else []
    )
