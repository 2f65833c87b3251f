"""Find blocked words in a text."""

from __future__ import annotations

import re

from community.core import versioned_cache

from .models import BlockedWord

KEY = "moderation:blocked-words"
VERSION = "moderation:version:blocked-words"
SECONDS = 60


def found_in(text: str) -> list[BlockedWord]:
    """Return the blocked words in the text, strictest action first."""
    strictness = list(BlockedWord.Action)
    hits = [word for word in _all() if pattern(word.phrase).search(text)]
    return sorted(hits, key=lambda word: strictness.index(BlockedWord.Action(word.action)))


def pattern(phrase: str) -> re.Pattern[str]:
    """Compile a phrase: whole words, ignoring case; `*` matches any letters, a space any white space."""
    words = [r"\w*".join(re.escape(part) for part in word.split("*")) for word in phrase.split()]
    spaced = r"\s+".join(words)
    return re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE)


def _all() -> list[BlockedWord]:
    known: list[BlockedWord] | None
    known, versions = versioned_cache.get(KEY, depends_on=[VERSION])
    if known is not None:
        return known
    known = list(BlockedWord.objects.all())
    versioned_cache.store(KEY, known, versions=versions, seconds=SECONDS)
    return known


def invalidate_on_commit() -> None:
    """Drop the cached list after the commit."""
    versioned_cache.invalidate_on_commit([VERSION])
