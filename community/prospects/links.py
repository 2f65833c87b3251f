"""Links in Markdown source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>)\]\"']+|\]\((/[^\s)]*)", re.IGNORECASE)


def find_links(source: str) -> list[str]:
    return [match.group(1) or match.group(0) for match in _LINK.finditer(source)]


def external_links(source: str) -> list[str]:
    """Return the links to other sites."""
    home = urlsplit(settings.SITE_URL).netloc.lower()
    return [
        link
        for link in find_links(source)
        if not link.startswith("/") and urlsplit(link).netloc.lower() != home
    ]


def has_checkout_link(source: str, words: Iterable[str]) -> bool:
    """Whether any link has one of these words as a part of its URL."""
    wanted = {word.lower() for word in words}
    for link in find_links(source):
        parts = re.split(r"[/.?&=#:]+", link.lower())
        if wanted.intersection(parts):
            return True
    return False
