"""HTML inside Markdown: the few tags that format text stay, everything else is shown as it was typed.

`List<String>` and `<my-tag>` in a post are words to the person who wrote them, so an unknown tag is
written out rather than swallowed. Sanitising comes after this (markdown.py), whatever is let through here.
"""

import html
import re
from collections import Counter
from html import unescape

INLINE = frozenset(
    [
        "a",
        "b",
        "br",
        "cite",
        "code",
        "del",
        "em",
        "i",
        "img",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "strike",
        "strong",
        "sub",
        "sup",
        "u",
        "var",
    ]
)
BLOCK = frozenset(
    [
        "blockquote",
        "dd",
        "details",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
ATTRIBUTES = {
    "a": frozenset({"href", "title"}),
    "img": frozenset({"src", "alt", "title", "width", "height"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"align", "colspan", "rowspan"}),
    "th": frozenset({"align", "colspan", "rowspan"}),
}
# Elements whose end tag is optional, or that have no content.
_UNNESTED = (BLOCK - {"blockquote", "details", "dl", "ol", "pre", "summary", "table", "ul"}) | {
    "br",
    "img",
    "wbr",
}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
# Open elements times tags.
_MAX_NESTED = 250_000
_BLOCKS = "|".join(sorted(BLOCK))
_ENDS_WITH_BLOCK = re.compile(rf"</?(?:{_BLOCKS})\b[^<>]*>\s*$")
_STARTS_WITH_BLOCK = re.compile(rf"\s*(?:</?(?:{_BLOCKS})\b|$)")
_PIECE = re.compile(r"<!--.*?(?:-->|\Z)|</?([A-Za-z][A-Za-z0-9-]*)((?:\s[^<>]*)?)/?>", re.S)
# A name begins where no other goes on: else a long one is tried again from each of its letters.
_ATTRIBUTE = re.compile(r"""(?<![A-Za-z-])([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""")


def is_tangled(html: str) -> bool:
    """Whether so many elements are left open that a browser, which reopens them, would take very long to parse."""
    tags = _TAG.findall(html)
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for closing, name in tags:
        if name in _UNNESTED:
            continue
        if not closing:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return deepest * len(tags) > _MAX_NESTED


def without_tags(html: str) -> str:
    """Return the text between the tags, on the same lines."""
    return unescape(re.sub(r"<[^<>]*>", "", html))


def filtered(source: str) -> str:
    """HTML in which only the tags and attributes above are left; comments are dropped."""
    done, end = [], 0
    for piece in _PIECE.finditer(source):
        done += [_text(source[end : piece.start()]), _tag(piece)]
        end = piece.end()
    return "".join([*done, _text(source[end:])])


def filtered_block(source: str, *, breaks: bool = False) -> str:
    """A block of HTML; text outside of any element becomes a paragraph. With `breaks`, line breaks are kept."""
    inside = filtered(source).strip()
    if breaks and "<pre" not in inside:
        inside = _with_breaks(inside)
    opening = re.match(r"</?([a-z0-9]+)", inside)
    if not inside or (opening and opening.group(1) in BLOCK):
        return f"{inside}\n"
    return f"<p>{inside}</p>\n"


def _with_breaks(html: str) -> str:
    """Add <br> between lines of text."""
    lines = html.split("\n")
    followed = zip(lines, [*lines[1:], ""], strict=True)
    return "\n".join(
        line if _ENDS_WITH_BLOCK.search(line) or _STARTS_WITH_BLOCK.match(after) else f"{line}<br>"
        for line, after in followed
    )


def _text(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _tag(piece: re.Match[str]) -> str:
    if piece.group(1) is None:  # a comment
        return ""
    name = piece.group(1).lower()
    if name not in INLINE and name not in BLOCK:
        return html.escape(piece.group(), quote=False)
    if piece.group().startswith("</"):
        return f"</{name}>"
    kept = ATTRIBUTES.get(name, frozenset())
    attributes = "".join(
        f' {key.lower()}="{html.escape(html.unescape(quoted or single or bare))}"'
        for key, quoted, single, bare in _ATTRIBUTE.findall(piece.group(2))
        if key.lower() in kept
    )
    return f"<{name}{attributes}>"
