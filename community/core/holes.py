"""Pages written once for many readers, with holes where each of them finds what is their own.

A template says `{% hole liked post.pk False True %}…{% endhole %}`. On a page for one reader that is only the
text between, with `liked` set to what `mine` (a context variable) has for them. On a page for many, which has
`holes` in its context, the text is written down for every value, and `fill` takes the reader's. A hole without
values is not written for the many at all: `fill` is handed its text.

Such a page is rendered for a request with `holes`, which the context processor passes on, together with a hole
for the token of its forms.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from django.utils.safestring import SafeString

# The name, which of several of that name, and the text for each value.
Hole: TypeAlias = tuple[str, int, Mapping[Any, str]]
Part: TypeAlias = str | Hole

DIGITS = 5


class Holes:
    """The holes that are left in one page while it is written."""

    def __init__(self) -> None:
        # Whoever writes a post cannot know it, so no post passes for a hole.
        self._mark = secrets.token_hex(16)
        self._left: list[Hole] = []

    def leave(self, name: str, key: int = 0, cases: Mapping[Any, str] | None = None) -> SafeString:
        """Return what stands for the hole until the page is cut; letters and digits, so nothing escapes it."""
        self._left.append((name, key, cases or {}))
        return SafeString(f"{self._mark}{len(self._left) - 1:0{DIGITS}d}")

    def cut(self, page: str) -> list[Part]:
        """Return the page as the texts and the holes between them."""
        first, *rest = page.split(self._mark)
        parts: list[Part] = [first]
        for piece in rest:
            parts += [self._left[int(piece[:DIGITS])], piece[DIGITS:]]
        return parts


def fill(parts: Sequence[Part], own: Mapping[str, Any]) -> str:
    """Return the page for one reader; `own` has the text for a hole, or a mapping of keys to texts or values.

    A key that is missing there has the first value, or no text.
    """
    return "".join([part if isinstance(part, str) else _filled(*part, own) for part in parts])


def _filled(name: str, key: int, cases: Mapping[Any, str], own: Mapping[str, Any]) -> str:
    given = own[name]
    if not cases:
        text: str = given if isinstance(given, str) else given.get(key, "")
        return text
    value = given.get(key)
    return cases[value] if value in cases else next(iter(cases.values()))
