"""Which site a dump is of. No file says so; the links between its posts do."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from pathlib import Path

from .reader import read_rows

# How many rows are looked at: enough to tell, on the largest site too.
SAMPLE = 50_000
_LINK = re.compile(r"//([\w.-]{4,100})/(?:questions|q|a)/(\d{1,15})\b")
_FILES = (("Posts.xml", "posts", "Id", "Body"), ("Comments.xml", "comments", "PostId", "Text"))


def hosts_of(folder: Path) -> list[str]:
    """Return the names of the site, the most used first; empty when the links do not tell.

    PostLinks lists which post links to which. A link in the text of the one, to the id of the other, has
    the name of the site.
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
    return islice(read_rows(path, root=root, on_bytes=lambda size: None), SAMPLE) if path.exists() else []
