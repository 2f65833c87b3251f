"""Clean and shorten text."""

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Everything outside of XML 1.0's `Char`.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Invisible, and used to make two names look alike: zero-width characters, direction overrides, soft hyphens.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def storable(text: str) -> str:
    """Return the text as PostgreSQL can store it: without NUL, and U+FFFD for a lone surrogate.

    Forms report NUL; this is for text that passes no form, such as imports and the API. Everything else is
    unchanged.
    """
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def xml_safe(text: str) -> str:
    """Return the text with U+FFFD for each character that XML cannot contain, even escaped: most control characters.

    Text may be stored that cannot be written as XML, and one such character makes a whole document unreadable.
    """
    return _NOT_IN_XML.sub("\ufffd", text)


def excerpt(text: str, *, length: int = 280) -> str:
    """Return the beginning of a text on one line, cut between words, at most `length` characters."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > length // 2 else cut).rstrip(" ,;:.–—-") + "…"
