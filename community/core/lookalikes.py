"""Fold look-alike text into one form, as Unicode TR39 does; for comparison only, not for display.

`lookalikes.txt` has, for each Latin letter, the letters of other scripts that look like it: those of Unicode's
confusables.txt in both cases, without digits, combining marks and right-to-left scripts. Its first line has
strokes that can be an I or an l, written as 1.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from .text import INVISIBLE, with_few_marks

_LINES = Path(__file__).with_name("lookalikes.txt").read_text(encoding="utf-8").splitlines()
# White letters in black circles and squares; Unicode only decomposes the black ones.
_ENCLOSED = {first + place: chr(97 + place) for first in (0x1F150, 0x1F170) for place in range(26)}
_LETTERS: dict[int, str] = {**_ENCLOSED, **{ord(char): line[0] for line in _LINES for char in line[2:]}}
# Accents, strokes and other marks on Latin letters. In other scripts, marks make different letters.
_ACCENTS = re.compile("(?<=[0-9A-Za-z])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
# Letters that stand for four or more, such as ㍿ for a company. Many of them would make a text many times as long.
_ABBREVIATIONS = re.compile(
    "[\u2057\u2152\u2167\u2177\u247d-\u2487\u2a0c\u320e-\u321e\u327c\u327d\u3300-\u33df\ufdf2-\ufdfc]"
)
_MOST_ABBREVIATIONS = 1000
_ONE_FOR_ALL = str.maketrans("0i1", "oll")


# What words are written with or without: the stretching of Arabic, the vowels of Arabic and Hebrew, and Greek accents.
_OPTIONAL = {
    **dict.fromkeys(ord(char) for char in "\u0640\u0670\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"),
    **dict.fromkeys((*range(0x64B, 0x653), *range(0x591, 0x5BE))),
    **str.maketrans("άέήίόύώΐΰ", "αεηιουωϊϋ"),
}


def plain(text: str) -> str:
    """Return the text without case, invisible characters, optional marks and styles such as full width.

    Other scripts are kept.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _shown(text)).casefold().translate(_OPTIONAL)


def fold(text: str) -> str:
    """Return `plain` text with look-alikes replaced by Latin letters without accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFD", _shown(text)).translate(_LETTERS)
    letters = unicodedata.normalize("NFKD", letters).translate(_LETTERS)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", letters).casefold())


def _shown(text: str) -> str:
    text = with_few_marks(INVISIBLE.sub("", text))
    return _ABBREVIATIONS.sub(" ", text) if len(_ABBREVIATIONS.findall(text)) > _MOST_ABBREVIATIONS else text


def blur(folded: str) -> str:
    """Return folded text in which 0 and o, and 1, i and l, are the same."""
    return folded.translate(_ONE_FOR_ALL)
