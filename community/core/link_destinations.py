"""Find the end of a link's destination in Markdown, such as the URL in `[text](url)`.

markdown-it tries up to 32 nested brackets one character at a time, so that each `](` of a text without closing
brackets is followed by a long search. CommonMark asks for at least three levels, and one pattern finds them.
"""

import re
from types import SimpleNamespace
from typing import Any, cast

from markdown_it import MarkdownIt, helpers
from markdown_it.common.utils import unescapeAll

_CHARACTERS = r"[^\x00-\x20\x7f()\\]++|\\[^ ]|\\\Z"
_NESTED = f"(?:{_CHARACTERS})*+"
for _ in range(3):
    _NESTED = rf"(?:{_CHARACTERS}|\({_NESTED}\))*+"
_DESTINATION = re.compile(_NESTED)


def link_destinations(parser: MarkdownIt) -> None:
    """Replace markdown-it's search for destinations with this one."""
    replaced = SimpleNamespace(
        parseLinkLabel=helpers.parseLinkLabel,
        parseLinkTitle=helpers.parseLinkTitle,
        parseLinkDestination=parse_destination,
    )
    parser.helpers = cast(Any, replaced)


def parse_destination(text: str, start: int, limit: int) -> Any:
    """Return whether there is a destination (`ok`), where it ends (`pos`), and its text (`str`)."""
    if text.startswith("<", start):
        return helpers.parseLinkDestination(text, start, limit)
    match = _DESTINATION.match(text, start, limit)
    end = match.end() if match else start
    if end == start or (end < limit and text[end] == "("):
        return SimpleNamespace(ok=False, pos=0, str="")
    return SimpleNamespace(ok=True, pos=end, str=unescapeAll(text[start:end]))
