"""Find blocked words in text as it reads: ignores look-alikes, styles, invisible characters, accents and separators.

Matches whole words in scripts with spaces between words, and anywhere in others. Searches take linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import unquote

from community.core import lookalikes, versioned_cache
from community.core.text import HANGUL
from community.core.text import UNSPACED as WITHOUT_SPACES

from .models import BlockedWord

# Korean has spaces, but particles and other words are written together with nouns.
UNSPACED = WITHOUT_SPACES + HANGUL
KEY = "moderation:blocked-words"
VERSION = "moderation:version:blocked-words"
SECONDS = 60
# South Asian, Arabic and Hebrew vowel signs, which `\w` does not match.
_SIGNS = "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0df3"
_LETTER = rf"(?:(?![{UNSPACED}])[\w{_SIGNS}])"
_ANY = rf"[\w{_SIGNS}]{{0,40}}?"  # what * matches next to scripts without spaces
_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_SPACED_LETTER = re.compile(_LETTER)
# Letters of a word with the same separator between them, such as v.i.a and v - i - a.
_SPELLED = re.compile(rf"(?<!{_LETTER})[^\W_]((?:[^\w\n]|_){{1,4}})[^\W_](?:\1[^\W_])+(?!{_LETTER})")
# Digits and signs that are read as these letters, most of them only next to a letter or between two.
_ALPHA = r"[^\W\d_]"
_NEXT_TO = rf"(?:(?<={_ALPHA}){{0}}|{{0}}(?={_ALPHA}))"
_BETWEEN = rf"(?<={_ALPHA}){{0}}(?={_ALPHA})"
_NOT_EMAIL = r"(?![\w-]{1,63}\.\w)"
_READ_AS = {
    "a": f"(?:a|{_NEXT_TO.format('4')}|{_BETWEEN.format('@')}{_NOT_EMAIL})",
    "e": f"(?:e|{_NEXT_TO.format('3')})",
    "i": f"(?:[i1]|{_BETWEEN.format('!')})",
    "l": "[l1]",
    "o": "[o0]",
    "s": f"(?:s|{_NEXT_TO.format('[5$]')})",
}
_BLUR = str.maketrans("4@3i!105$", "aaellloss")


@dataclass(frozen=True)
class Text:
    """Text in the forms in which it is searched."""

    source: str

    @cached_property
    def plain(self) -> str:
        return _with_spelled(lookalikes.plain(self._decoded))

    @cached_property
    def folded(self) -> str:
        return _with_spelled(lookalikes.fold(self._decoded))

    @cached_property
    def blurred(self) -> str:
        return self.folded.translate(_BLUR)

    @property
    def _decoded(self) -> str:
        """The text, followed by its links as browsers decode them."""
        return f"{self.source}\n{unquote(self.source)}" if "%" in self.source else self.source


@dataclass(frozen=True)
class Pattern:
    """A phrase, ready to be searched for."""

    plain: re.Pattern[str]
    folded: re.Pattern[str] | None
    # The longest parts of the phrase, plain and blurred; text without them need not be searched.
    plain_part: str
    blurred_part: str

    def is_in(self, text: Text) -> bool:
        if self.plain_part in text.plain and self.plain.search(text.plain):
            return True
        if self.folded is None or self.blurred_part not in text.blurred:
            return False
        # Numbers are not read as letters.
        return any(any(map(str.isalpha, match[0])) for match in self.folded.finditer(text.folded))


def found_in(source: str) -> list[BlockedWord]:
    """Return the blocked words in the text, strictest action first."""
    strictness = list(BlockedWord.Action)
    text = Text(source)
    hits = [word for word in _all() if pattern(word.phrase).is_in(text)]
    return sorted(hits, key=lambda word: strictness.index(BlockedWord.Action(word.action)))


def contains(source: str, phrases: Sequence[str]) -> str | None:
    """Return the first of the phrases in the text, if any."""
    text = Text(source)
    return next((phrase for phrase in phrases if pattern(phrase).is_in(text)), None)


@lru_cache(maxsize=4096)
def pattern(phrase: str) -> Pattern:
    """Compile a phrase: `*` matches any letters, a space any white space."""
    plain, folded = lookalikes.plain(phrase), lookalikes.fold(phrase)
    # A word in another script that could pass for Latin is not matched by its looks.
    has_looks = plain.isascii() or not folded.isascii()
    return Pattern(
        plain=re.compile(_regex(plain, {})),
        folded=re.compile(_regex(folded, _READ_AS)) if has_looks else None,
        plain_part=_longest_part(plain),
        blurred_part=_longest_part(folded.translate(_BLUR)),
    )


def _with_spelled(text: str) -> str:
    """Return the text, followed by the words in it of which the letters are separated; numbers are not words."""
    words = [found[0][:: len(found[1]) + 1] for found in _SPELLED.finditer(text)]
    return "\n".join([text, *(word for word in words if not word.isdigit())])


def _longest_part(phrase: str) -> str:
    return max(re.split(r"[\s*]+", phrase), key=len)


def _regex(phrase: str, classes: dict[str, str]) -> str:
    anywhere = bool(_UNSPACED_LETTER.search(phrase))
    words = [_word(word, classes, anywhere=anywhere) for word in phrase.split()]
    return r"(?>\s+)".join(words)


def _word(word: str, classes: dict[str, str], *, anywhere: bool) -> str:
    """Return the pattern of one word. Atomic groups keep several `*` from being tried in all combinations."""
    first, *others = word.split("*")
    literal = [_literal(part, classes) for part in others]
    if anywhere:
        return _literal(first, classes) + "".join(f"(?>{_ANY}{part})" for part in literal if part)
    begins = rf"(?<!{_LETTER})" if not first or _SPACED_LETTER.match(first) else ""
    last = word[-1]
    ends = rf"(?!{_LETTER})" if last == "*" or _SPACED_LETTER.match(last) else ""
    *middle, end = literal or [""]
    pieces = [begins, _literal(first, classes)]
    pieces += [f"(?>{_LETTER}*?{part})" for part in middle if part]
    if others:
        pieces.append(f"{_LETTER}*?{end}" if end else f"(?>{_LETTER}*)")
    return "".join(pieces) + ends


def _literal(part: str, classes: dict[str, str]) -> str:
    return "".join(classes.get(char) or re.escape(char) for char in part)


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
