"""Set the direction of lists, quotations and tables with right-to-left text."""

import re
import unicodedata

from community.core.rendered_html import pieces
from community.core.text import RIGHT_TO_LEFT

_RIGHT_TO_LEFT = re.compile(f"[{RIGHT_TO_LEFT}]")
# Elements with something on one side, such as bullets. Paragraphs get their direction from prose.css.
_SIDED = frozenset({"blockquote", "ol", "ul", "dl", "table", "details"})


def with_directions(html: str) -> str:
    """Add `dir` to lists, quotations and tables in sanitised HTML that has right-to-left text."""
    if not _RIGHT_TO_LEFT.search(html):
        return html
    done: list[str] = []
    waiting: list[int] = []  # positions of elements whose first letter has not been seen yet
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
