"""Read sanitised HTML: its tags and text in order, and the words that a reader sees.

Only for what nh3 returns: every `<` starts a tag, and attributes are in double quotes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from community.core import raw_html, request_cache
from community.core.text import excerpt

_TAG = re.compile(r'(<[^<>"]*(?:"[^"]*"[^<>"]*)*>)')
_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
# Matches any name, so that text inside another attribute's value is not mistaken for an attribute.
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_ADDRESSES = ("href", "src", "title")
# The ampersand comes last, so that nothing is resolved twice.
_REFERENCES = (
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&#x27;", "'"),
    ("&nbsp;", "\u00a0"),
    ("&amp;", "&"),
)
BLOCKS = raw_html.BLOCK | {"div"}
# Elements of what others say, or what is typed and shown on a computer.
_QUOTATIONS = ("blockquote", "q", "kbd", "samp", "var")


@dataclass(frozen=True, slots=True)
class Piece:
    """A tag, or the text between two."""

    html: str
    tag: str = ""
    """The element's name; empty for text."""
    quoted: bool = False
    """Not said by the author: a quotation, or the input, output and variables of a program."""
    code: bool = False
    """Inside `pre` or `code`."""
    preformatted: bool = False
    """Inside `pre`."""
    linked: bool = False


def pieces(html: str) -> Iterator[Piece]:
    """Yield the tags and texts of the HTML; joined, they equal the HTML."""
    depth: Counter[str] = Counter()
    for place, piece in enumerate(_TAG.split(html)):
        if place % 2:
            tag = _name(piece)
            depth[tag] += -1 if piece.startswith("</") else 1
            yield Piece(piece, tag)
        elif piece:
            yield Piece(
                piece,
                quoted=any(map(depth.get, _QUOTATIONS)),
                code=depth["pre"] > 0 or depth["code"] > 0,
                preformatted=depth["pre"] > 0,
                linked=depth["a"] > 0,
            )


@dataclass(frozen=True, slots=True)
class Words:
    """What a reader sees of some HTML, as plain text."""

    text: str
    """Everything, with code, quotations and the alt texts of images; each block on a line of its own."""
    prose: str
    """Without blocks of code and images, on one line."""
    own: str
    """The prose without quotations."""

    @property
    def excerpt(self) -> str:
        """The beginning on one line, without quotations if there is other text."""
        return excerpt(self.own or self.prose)


def read(html: str) -> Words:
    """Return the words of sanitised HTML; several steps of storing a post ask for those of the same HTML."""
    return request_cache.get(("words", html), lambda: _read(html))


def _read(html: str) -> Words:
    text: list[str] = []
    prose: list[str] = []
    own: list[str] = []
    in_code = in_quotes = 0
    is_image = is_hidden = False
    for place, piece in enumerate(_TAG.split(html)):
        line = word = piece
        if place % 2:
            tag = _name(piece)
            if tag == "pre":
                in_code += -1 if piece[1] == "/" else 1
            elif tag == "blockquote":
                in_quotes += -1 if piece[1] == "/" else 1
            elif tag == "a":
                is_image = piece.startswith('<a class="remote-image"')
            elif tag in ("math", "annotation"):
                # A formula's text is its source.
                is_hidden = piece.startswith("<math") or piece == "</annotation>"
            line, word = ("\n", " ") if tag == "br" or tag in BLOCKS else (_alt(piece), "")
        if is_hidden:
            continue
        text.append(line)
        if not in_code and not is_image:
            prose.append(word)
            if not in_quotes:
                own.append(word)
    return Words(*(_unescaped("".join(parts)).strip() for parts in (text, prose, own)))


def text_of(html: str) -> str:
    """Return everything that a reader sees, as plain text."""
    return read(html).text


def excerpt_of(html: str) -> str:
    """Return the beginning as plain text on one line, without code, and without quotations if there is other text."""
    return read(html).excerpt


def attributes_of(html: str) -> str:
    """Return the addresses and titles of links and images, each on a line."""
    found = [attributes(tag) for tag in _TAG.findall(html)]
    return _unescaped("\n".join(tag[name] for tag in found for name in _ADDRESSES if name in tag))


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag, with their values still escaped."""
    return dict(_ATTRIBUTE.findall(tag))


def beginning_of(html: str, *, length: int) -> str:
    """Return the beginning as plain text on one line, code and quotes included; reads no more HTML than it needs."""
    if "<math" in html:  # contains each formula twice: as MathML and as its source
        return excerpt(text_of(html), length=length)
    head = html[: 3 * length]
    if len(head) == len(html):
        return excerpt(_unescaped(_TAG.sub(" ", head)), length=length)
    head = head[: head.rfind("<")] if head.rfind("<") > head.rfind(">") else head[: head.rfind(" ")]
    return excerpt(_unescaped(_TAG.sub(" ", head)) + "…", length=length)


def _unescaped(html: str) -> str:
    """Resolve the few references that nh3 and `html.escape` write; `html.unescape` is slow for thousands of them."""
    for reference, char in _REFERENCES:
        html = html.replace(reference, char)
    return html


def _alt(tag: str) -> str:
    return attributes(tag).get("alt", "") if tag.startswith("<img") else ""


def _name(tag: str) -> str:
    name = _NAME.match(tag)
    return name[1] if name else ""
