"""Emphasis next to punctuation in scripts without spaces between words.

CommonMark reads `**` in `这是**重要。**内容` as text, because it stands between punctuation and a letter. These are
the rules of the CommonMark CJK-friendly amendments (github.com/tats-u/markdown-cjk-friendly), which count CJK
punctuation as letters, and CJK characters next to other punctuation as spaces. They also cover other scripts without
spaces.
"""

import re
from unicodedata import category, east_asian_width

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

from community.core.text import HANGUL, UNSPACED

_LETTERS = re.compile(f"[{UNSPACED}{HANGUL}]")
_SELECTORS = re.compile("[\ufe00-\ufe02\ufe0e\U000e0100-\U000e01ef]")


class CjkFriendlyState(StateInline):
    """The state of markdown-it's inline rules; with the option `cjk_emphasis`, these are the rules for emphasis."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        marker, end = self.src[start], start
        while end < self.posMax and self.src[end] == marker:
            end += 1
        before = self._character_before(start)
        after = self.src[end] if end < self.posMax else " "
        if (before.isascii() and after.isascii()) or not self.md.options.get("cjk_emphasis"):
            return super().scanDelims(start, canSplitWord)
        opens = not _is_space(after) and (not _is_punctuation(after) or _is_edge(before))
        closes = not _is_space(before) and (not _is_punctuation(before) or _is_edge(after))
        if canSplitWord:
            return Scanned(opens, closes, end - start)
        can_open = opens and (not closes or isPunctChar(before) or isMdAsciiPunct(ord(before)))
        can_close = closes and (not opens or isPunctChar(after) or isMdAsciiPunct(ord(after)))
        return Scanned(can_open, can_close, end - start)

    def _character_before(self, start: int) -> str:
        """Return the character before a mark, without a variation selector."""
        if start > 1 and _SELECTORS.match(self.src, start - 1):
            return self.src[start - 2]
        return self.src[start - 1] if start else " "


def _is_space(character: str) -> bool:
    return isWhiteSpace(ord(character))


def _is_punctuation(character: str) -> bool:
    """Whether this is punctuation of a script with spaces."""
    return not _is_cjk(character) and (isMdAsciiPunct(ord(character)) or isPunctChar(character))


def _is_edge(character: str) -> bool:
    """Whether marks next to punctuation may open or close on the side of this character."""
    return _is_space(character) or _is_punctuation(character) or _is_cjk(character)


def _is_cjk(character: str) -> bool:
    if character.isascii():
        return False
    if _LETTERS.match(character):
        return True
    # Most wide symbols are emoji.
    return east_asian_width(character) in "WFH" and category(character) not in ("So", "Sk", "Cn")
