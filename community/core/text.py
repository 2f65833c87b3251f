"""What may be stored of what was typed."""

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Shown by no font and used to make two names look alike: zero-width signs, direction overrides, soft hyphens.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def storable(text: str) -> str:
    """The text as PostgreSQL can keep it: without NUL, and U+FFFD for half a surrogate pair.

    Forms refuse NUL with a sentence; this is for what no form has seen, such as imports and the API.
    Everything else is kept exactly.
    """
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def excerpt(text: str, *, length: int = 280) -> str:
    """The beginning of a text on one line, cut between words, at most `length` characters."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > length // 2 else cut).rstrip(" ,;:.–—-") + "…"
