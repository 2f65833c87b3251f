"""Read sanitised HTML: its tags and texts in order, and the words that a reader sees.

Only for what nh3 returns: every `<` starts a tag, and attributes are in double quotes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from community.core import raw_html
from community.core.text import excerpt

_TAG = re.compile(r'(<[^<>"]*(?:"[^"]*"[^<>"]*)*>)')
_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
_ALT = re.compile(r' alt="([^"]*)"')
_ADDRESS = re.compile(r' (?:href|src|title)="([^"]*)"')
BLOCKS = raw_html.BLOCK | {"div", "h1", "h2", "h3", "h4", "h5", "h6"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A tag, or the text between two."""

    html: str
    tag: str = ""
    """The element's name; empty for text."""
    quoted: bool = False
    code: bool = False
    """Inside `pre` or `code`."""
    block_code: bool = False
    """Inside `pre`."""
    linked: bool = False


def pieces(html: str) -> Iterator[Piece]:
    """Yield the tags and texts of the HTML; joined, they are the HTML again."""
    depth: Counter[str] = Counter()
    for place, piece in enumerate(_TAG.split(html)):
        if place % 2:
            tag = _name(piece)
            depth[tag] += -1 if piece.startswith("</") else 1
            yield Piece(piece, tag)
        elif piece:
            yield Piece(
                piece,
                quoted=depth["blockquote"] > 0,
                code=depth["pre"] > 0 or depth["code"] > 0,
                block_code=depth["pre"] > 0,
                linked=depth["a"] > 0,
            )


def text_of(html: str) -> str:
    """Return all words that a reader sees, code, quotations and alt texts too; each block on a line of its own."""
    return unescape("".join(_word(piece, line="\n") for piece in pieces(html))).strip()


def attributes_of(html: str) -> str:
    """Return the addresses and titles of links and images, each on a line."""
    return unescape(
        "\n".join(value for piece in pieces(html) if piece.tag for value in _ADDRESS.findall(piece.html))
    )


def prose_of(html: str, *, quotes: bool = True) -> str:
    """Return the words without blocks of code, and without quotations unless `quotes` is set."""
    shown = (
        piece
        for piece in pieces(html)
        if piece.tag != "img" and not piece.block_code and (quotes or not piece.quoted)
    )
    return unescape("".join(_word(piece, line=" ") for piece in shown)).strip()


def excerpt_of(html: str) -> str:
    """Return the beginning as plain text on one line, without code and quotes if there is anything else."""
    return excerpt(prose_of(html, quotes=False) or prose_of(html))


def beginning_of(html: str, *, length: int) -> str:
    """Return the beginning as plain text on one line, code and quotes included; reads no more HTML than it needs."""
    head = html[: 8 * length]
    if len(head) < len(html) and head.rfind("<") > head.rfind(">"):
        head = head[: head.rfind("<")]
    return excerpt(unescape(_TAG.sub(" ", head)), length=length)


def _word(piece: Piece, *, line: str) -> str:
    if not piece.tag:
        return piece.html
    if piece.tag == "img":
        alt = _ALT.search(piece.html)
        return alt[1] if alt else ""
    return line if piece.tag == "br" or piece.tag in BLOCKS else ""


def _name(tag: str) -> str:
    name = _NAME.match(tag)
    return name[1] if name else ""
