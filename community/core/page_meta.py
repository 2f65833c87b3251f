"""Metadata of public pages for search engines and link previews."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Page
from django.utils.safestring import SafeString

# Characters that could end a script element, and line breaks that JSON allows but scripts do not.
_ESCAPES = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
DESCRIPTION_LENGTH = 200


@dataclass(frozen=True)
class PageMeta:
    """A page's canonical URL without query, its description, and its page number if it is a list."""

    path: str
    description: str = ""
    kind: str = "website"  # in the Open Graph protocol
    pages: Page[Any] | None = None
    data: dict[str, Any] | None = None  # of schema.org

    @property
    def url(self) -> str:
        return self._of(self.pages.number if self.pages else 1)

    @property
    def previous(self) -> str:
        return self._of(self.pages.number - 1) if self.pages and self.pages.has_previous() else ""

    @property
    def next(self) -> str:
        return self._of(self.pages.number + 1) if self.pages and self.pages.has_next() else ""

    def _of(self, number: int) -> str:
        return absolute(self.path) + (f"?page={number}" if number > 1 else "")


def absolute(path: str) -> str:
    """Return the URL of a path on the site's own host, whichever host was requested."""
    return f"{settings.SITE_URL}{path}"


def data_block(value: dict[str, Any]) -> SafeString:
    """Return a script element with JSON-LD. Browsers do not run it, so the content security policy allows it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return SafeString(f'<script type="application/ld+json">{text}</script>')
