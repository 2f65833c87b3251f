"""Links in Markdown source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from community.core import links

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>)\]\"']+|(?:\]\(\s*<?|\]:\s*<?|href\s*=\s*[\"']?)([/\\][^\s<>)\"']*)",
    re.IGNORECASE,
)


def find_links(source: str) -> list[str]:
    return [match.group(1) or match.group(0) for match in _LINK.finditer(source)]


def external_links(source: str) -> list[str]:
    """Return the links to other sites."""
    return [link for link in find_links(source) if not links.is_internal(_address(link))]


def _address(link: str) -> str:
    return f"//{link}" if link.lower().startswith("www.") else link


def has_checkout_link(source: str, words: Iterable[str]) -> bool:
    """Whether any link has one of these words as a part of its URL."""
    wanted = {word.lower() for word in words}
    for link in find_links(source):
        parts = re.split(r"[/.?&=#:]+", link.lower())
        if wanted.intersection(parts):
            return True
    return False
