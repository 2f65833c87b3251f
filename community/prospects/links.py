"""Links in what is written at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>)\]\"']+|\]\((/[^\s)]*)", re.IGNORECASE)


def links_in(source: str) -> list[str]:
    return [match.group(1) or match.group(0) for match in _LINK.finditer(source)]


def links_out(source: str) -> list[str]:
    """Return the links that lead away from the community."""
    home = urlsplit(settings.SITE_URL).netloc.lower()
    return [
        link
        for link in links_in(source)
        if not link.startswith("/") and urlsplit(link).netloc.lower() != home
    ]


def leads_to_checkout(source: str, words: Iterable[str]) -> bool:
    """Say whether a link has one of the words between its dots, slashes and such."""
    wanted = {word.lower() for word in words}
    for link in links_in(source):
        parts = re.split(r"[/.?&=#:]+", link.lower())
        if wanted.intersection(parts):
            return True
    return False
