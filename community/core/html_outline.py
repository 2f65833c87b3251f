"""Compare sanitised HTML by what a reader sees, however it is marked up."""

import re
from html import unescape

from community.core.rendered_html import BLOCKS, Piece, pieces

# Elements that only start a new line for a reader.
_LINES = {"br", "div", "p", "tbody", "tfoot", "thead"}
_SAME = {"b": "strong", "i": "em", "s": "del", "strike": "del"}
_ATTRIBUTE = re.compile(
    r' (alt|colspan|height|href|rowspan|src|title|width)="([^"]+)"|( start="(?!1")[^"]*")'
)
_MARKS = "em|strong|del|code|sub|sup"
_LINE_END, _SPACE, _LESS, _MORE = "\ue000\ue001\ue002\ue003"
_KEPT_SPACES = str.maketrans("\n ", f"{_LINE_END}{_SPACE}")
# Most marks around the same words that are compared exactly.
MOST_MARKS = 4


def outline(html: str) -> str:
    """Return the words, lines, marks and URLs that a reader finds in the HTML, in order."""
    text = "".join(map(_shown, pieces(html)))
    for _ in range(MOST_MARKS):
        text = _without_empty_marks(_with_spaces_outside_marks(text))
    text = re.sub(rf"{_LINE_END}+((?:</[a-z]+>|\n)*</pre>)", r"\1", text)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r" +", " ", text)).strip()


def _shown(piece: Piece) -> str:
    if piece.preformatted:
        return piece.html if piece.tag and piece.tag != "span" else _text(piece).translate(_KEPT_SPACES)
    if not piece.tag:
        return re.sub(r"[ \t\r\n]+", " ", _text(piece))
    if piece.tag == "span":
        return ""
    if piece.tag in _LINES:
        return "\n"
    tag = _tag(piece)
    return f"\n{tag}\n" if piece.tag in BLOCKS else tag


def _text(piece: Piece) -> str:
    return "" if piece.tag else unescape(piece.html).replace("<", _LESS)


def _tag(piece: Piece) -> str:
    name = _SAME.get(piece.tag, piece.tag)
    if piece.html.startswith("</"):
        return f"</{name}>"
    attributes = sorted(
        f' {key}="{" ".join(unescape(value).split())}"' if key else start
        for key, value, start in _ATTRIBUTE.findall(piece.html)
    )
    return f"<{name}{''.join(attributes).replace('<', _LESS).replace('>', _MORE)}>"


def _with_spaces_outside_marks(text: str) -> str:
    text = re.sub(rf"(?<![ \n])([ \n]+)((?:</(?:{_MARKS}|a)>)+)", r"\2\1", text)
    text = re.sub(rf"((?:<(?:{_MARKS}|a(?: [^<>]*)?)>)+)([ \n]+)", r"\2\1", text)
    return text.replace("<em><strong>", "<strong><em>").replace("</strong></em>", "</em></strong>")


def _without_empty_marks(text: str) -> str:
    text = re.sub(rf"<({_MARKS})></\1>", "", text)
    return re.sub(r"</(em|strong|del)>([ \n]*)<\1>", r"\2", text)
