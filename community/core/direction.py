"""The direction of lists, quotations and tables whose words run from right to left."""

import re
import unicodedata

from community.core.rendered_html import pieces
from community.core.text import RIGHT_TO_LEFT

_RIGHT_TO_LEFT = re.compile(f"[{RIGHT_TO_LEFT}]")
# Elements with something on one side, such as bullets. Paragraphs find their own direction (prose.css).
_SIDED = frozenset({"blockquote", "ol", "ul", "dl", "table", "details"})


def with_directions(html: str) -> str:
    """Add `dir` to the lists, quotations and tables of sanitised HTML that has words from right to left."""
    if not _RIGHT_TO_LEFT.search(html):
        return html
    done: list[str] = []
    waiting: list[int] = []  # places of the elements whose first letter is yet to come
    for piece in pieces(html):
        if piece.tag in _SIDED and not piece.html.startswith("</"):
            waiting.append(len(done))
        elif not piece.tag and waiting and (direction := _direction(piece.html)):
            for place in waiting:
                done[place] = f'{done[place][:-1]} dir="{direction}">'
            waiting = []
        done.append(piece.html)
    return "".join(done)


def _direction(text: str) -> str:
    """Return the direction of the first letter: rtl, ltr, or empty if there is none."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return ""
