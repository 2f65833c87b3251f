"""Convert HTML to the Markdown dialect of posts, so that it reads the same."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, cast

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markdownify import MarkdownConverter

from community.core.formulas import BLOCK, INLINE, marked
from community.core.html_outline import outline
from community.core.markdown import render, sanitized
from community.core.markup import Markup
from community.core.pasted_lists import BULLET
from community.core.raw_html import without_tags
from community.core.rendered_html import BLOCKS, Piece, pieces

# Texts with more tags stay HTML, because converting them would take too long.
MAX_TAGS = 4_000

# Elements that Markdown has no mark for; render() keeps them as HTML.
_KEPT = ("cite", "del", "ins", "kbd", "mark", "q", "s", "samp", "small", "strike", "sub", "sup", "u", "var")
# What Markdown would read as markup, except underscores within words, and URLs that would become links.
_MARKS = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_ADDRESSES = re.compile(r"(?:(?<=http)|(?<=https)|(?<=ftp)|(?<=mailto)):", re.I)
_LINE_MARKS = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")
# Bullets pasted from word processors cannot be escaped, because they are not ASCII punctuation.
_BULLETS = re.compile(rf"^(\s*)(?={BULLET})(.)")
_ESCAPED = r"\\\g<0>"
_MARKED = re.compile(rf'<code class="({INLINE}|{BLOCK})">([^<]*)</code>')
_SEPARATORS = ("\n\n", "\n\n<!-- -->\n\n")


class _Converter(MarkdownConverter):
    """Markdownify that keeps line breaks as shown and escapes everything that would turn into markup."""

    def escape(self, text: str, parent_tags: Any) -> str:
        text = _MARKS.sub(_ESCAPED, text)
        if "a" not in parent_tags:
            text = _ADDRESSES.sub(_ESCAPED, text)
        text = _BULLETS.sub(lambda match: f"{match[1]}&#{ord(match[2])};", text)
        return _LINE_MARKS.sub(_escaped_line_mark, text)

    def convert_a(self, element: Any, text: str, parent_tags: Any) -> str:
        address = element.get("href", "")
        if (
            element.string == address
            and re.fullmatch(r"https?://[^\s<>]+", address)
            and not element.get("title")
        ):
            return f"<{address}>"
        return str(super().convert_a(element, text, parent_tags))  # type: ignore[misc]

    def convert_code(self, element: Any, text: str, parent_tags: Any) -> str:
        names = element.get("class") or []
        if INLINE in names or BLOCK in names:
            sign = "$" if INLINE in names else "$$"
            return f"{sign}{element.get_text()}{sign}"
        return str(super().convert_code(element, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, element: Any, text: str, parent_tags: Any) -> str:
        title = f' "{_MARKS.sub(_ESCAPED, title)}"' if (title := element.get("title")) else ""
        return f"![{_MARKS.sub(_ESCAPED, element.get('alt', ''))}](<{element.get('src', '')}>{title})"

    def convert_details(self, element: Any, text: str, parent_tags: Any) -> str:
        return f"\n\n<details>\n\n{text.strip()}\n\n</details>\n\n"

    def convert_summary(self, element: Any, text: str, parent_tags: Any) -> str:
        return f"<summary>{text.strip()}</summary>\n\n"


def _keep(self: MarkdownConverter, element: Any, text: str, parent_tags: Any) -> str:
    return f"<{element.name}>{text}</{element.name}>" if text.strip() else text


for _tag in _KEPT:
    setattr(_Converter, f"convert_{_tag}", _keep)


def to_markdown(html: str, *, formulas: bool = False) -> str:
    """Convert HTML to Markdown that reads the same; what Markdown cannot express stays HTML.

    HTML with very many tags is returned unchanged; HTML nested too deeply becomes plain text.
    """
    html = marked(sanitized(html)) if formulas else sanitized(html)
    if html.count("<") > MAX_TAGS:
        return _as_html(html) if html.startswith("<") else f"<p>{_as_html(html)}"
    try:
        blocks = list(_blocks(html))
        converted = list(filter(None, (_block(block, formulas=formulas) for block in blocks)))
    except RecursionError:
        return without_tags(html).strip()
    wanted = _outline_of(html, Markup.HTML, formulas=formulas)
    # A comment separates two adjacent lists or code blocks.
    for separator in _SEPARATORS:
        if _outline_of(text := separator.join(converted), Markup.MARKDOWN, formulas=formulas) == wanted:
            return text
    return "\n\n".join(map(_as_html, blocks))


def reads_like(markdown: str, html: str, *, formulas: bool = False) -> bool:
    """Whether the Markdown, once rendered, reads like the HTML."""
    rendered = _outline_of(markdown, Markup.MARKDOWN, formulas=formulas)
    return rendered == _outline_of(html, Markup.HTML, formulas=formulas)


def _outline_of(source: str, markup: Markup, *, formulas: bool) -> str:
    return outline(render(source, markup=markup, formulas=formulas).html)


def _blocks(html: str) -> Iterator[str]:
    """Yield the elements of the text, and each run of words between them as a paragraph."""
    # Wrapped in an element, because Beautiful Soup warns about text that looks like a URL or file name.
    (whole,) = BeautifulSoup(f"<div>{html}</div>", "html.parser").contents
    for is_block, group in groupby(
        cast(Tag, whole).contents, key=lambda node: isinstance(node, Tag) and node.name in BLOCKS
    ):
        if is_block:
            yield from map(_html_of, group)
        elif run := "".join(map(_html_of, group)).strip():
            yield f"<p>{run}</p>"


def _html_of(node: Any) -> str:
    return str(
        node.output_ready("minimal")
        if isinstance(node, NavigableString)
        else node.decode(formatter="minimal")
    )


def _block(html: str, *, formulas: bool) -> str:
    markdown = str(_converter.convert_soup(BeautifulSoup(html, "html.parser"))).strip("\n")
    return markdown if reads_like(markdown, html, formulas=formulas) else _as_html(html)


def _as_html(html: str) -> str:
    """Return the block so that Markdown leaves it unchanged: without line ends, and without blank lines in code."""
    return "".join(map(_left_alone, pieces(_MARKED.sub(_typed_formula, html)))).strip()


def _typed_formula(marked: re.Match[str]) -> str:
    sign = "$" if marked[1] == INLINE else "$$"
    return f"{sign}{marked[2]}{sign}"


def _left_alone(piece: Piece) -> str:
    if piece.tag == "div":  # would be text in Markdown
        return piece.html.replace("div", "p")
    if piece.tag:
        return piece.html.replace("\n", " ")
    if piece.preformatted:
        return re.sub(r"(?<=\n)\n", "&#10;", piece.html)
    return re.sub(r"\s*\n\s*", " ", piece.html)


def _escaped_line_mark(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def _language(element: Any) -> str:
    """Return the language of a `pre`, given as a class of the `code` inside."""
    names = (element.code or {}).get("class") or []
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")


_converter = _Converter(
    heading_style="ATX",
    bullets="-",
    wrap=True,
    wrap_width=None,
    table_infer_header=True,
    code_language_callback=_language,
)
