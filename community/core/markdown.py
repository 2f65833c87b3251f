"""Render a text to safe HTML when it is written; pages show the stored HTML.

Markdown is CommonMark with tables, strikethrough, bare URLs as links and fenced code highlighted by Pygments; in
what people type, single line breaks are kept. nh3 sanitises the result, and the caller resolves @mentions.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from itertools import count
from typing import Any, cast

import nh3
import pygments
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from community.core import formulas as tex
from community.core import links, raw_html, remote_images, request_cache
from community.core.bare_links import bare_links
from community.core.direction import with_directions
from community.core.link_destinations import link_destinations
from community.core.markup import Markup
from community.core.pasted_lists import pasted_lists
from community.core.rendered_html import BLOCKS, Piece, pieces, read
from community.core.text import HANGUL, UNSPACED, storable
from community.core.work_budget import TooMuchWork, bounded

# Maps lower-case usernames to profile URLs; those that do not exist are missing.
Resolver = Callable[[Collection[str]], Mapping[str, str]]

Tokens = Sequence[Token]
Env = MutableMapping[str, Any]

# Letters of other words; in scripts without spaces, words may directly precede and follow a mention.
_LETTER = rf"[^\W{UNSPACED}{HANGUL}]"
MENTION = re.compile(
    rf"(?<![@/.])(?<!{_LETTER})@([A-Za-z0-9][A-Za-z0-9_-]{{0,38}}[A-Za-z0-9])(?!{_LETTER}|@)"
)
_LINKED_MENTION = re.compile(r'<a class="mention" href="([^"]*)"[^<>]*>@([^<>]*)</a>')
# Longer code is not highlighted.
HIGHLIGHT_LIMIT = 20_000
# CPU seconds for highlighting one text; some lexers are slow on crafted input.
COLOURING = 0.05
# Every image is a request by each reader's browser. Those beyond it are shown as their alt text.
MAX_IMAGES = 20
# Languages to highlight. Pygments has hundreds of lexers; one line can keep some of them busy forever.
_LANGUAGES = """bash c c# c++ clojure cpp csharp css dart diff docker dockerfile elixir erlang go
    graphql groovy haskell html http java javascript js json kotlin latex lua make makefile markdown
    matlab md nginx objective-c perl php powershell py pycon python r rb rs ruby rust scala scss sh shell sql
    swift tex toml ts typescript vb.net xml yaml yml zsh"""
LANGUAGES = frozenset(_LANGUAGES.split())
SCHEMES = {"http", "https", "mailto"}
TAGS = {*raw_html.INLINE, *BLOCKS, "span"}
LINK_REL = "nofollow ugc noopener"
_HEADING = re.compile(r"(</?h)([1-6])>")
ATTRIBUTES = {
    **{tag: set(names) for tag, names in raw_html.ATTRIBUTES.items()},
    "a": {"href", "title"},
    "code": {"class"},
    "span": {"class"},
}
CLASSES = {
    "code": re.compile(r"language-[\w+#.-]{1,30}"),
    "span": re.compile(r"[a-z][a-z0-9]{0,3}"),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML and facts about it."""

    html: str
    mentions: tuple[str, ...]
    """Lower-case usernames that resolved, in order of appearance, each once."""
    words: int
    """Words of prose; code is not counted."""
    excerpt: str
    """The beginning as plain text on one line, without code and quotes; at most 280 characters."""
    text: str
    """All text that a reader sees, including code, quotes and alt texts."""
    images: int


def render(
    source: str,
    *,
    markup: str = Markup.MARKDOWN,
    mentions: Resolver | None = None,
    top: int = 3,
    formulas: bool = False,
) -> Rendered:
    """Render a text to HTML; never raises, whatever was typed. NUL and lone surrogates are replaced first.

    `top` is the level of the top heading: h3 in posts, below the page's h1 and its h2 sections, and h2 where the text
    is the whole page. `formulas` says whether dollars enclose formulas.
    """
    source = storable(source)
    # A form, the screeners and the service render what was typed, one after the other.
    key = ("markdown", source, Markup(markup), formulas)
    html = request_cache.get(key, lambda: _html_of(source, Markup(markup), formulas=formulas))
    if formulas and markup == Markup.HTML:
        html = tex.marked(html)
    html = _with_headings_from(top, html)
    words, images = read(html), html.count("<img ")
    html, names = _with_mentions(html, mentions)
    html = with_directions(remote_images.as_links(html))
    return Rendered(
        html=tex.as_mathml(html) if formulas else html,
        mentions=names,
        words=len(words.prose.split()),
        excerpt=words.excerpt,
        text=words.text,
        images=images,
    )


def sanitized(html: str) -> str:
    """Return the HTML with only the tags, attributes and URLs allowed in posts."""
    return _html_of(storable(html), Markup.HTML)


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=partial(_attribute, count(1)),
        url_schemes=SCHEMES,
        link_rel=LINK_REL,
        set_tag_attribute_values={"img": {"loading": "lazy"}},
    )


def _html_of(source: str, markup: Markup, *, formulas: bool = False) -> str:
    """Return sanitised HTML, or the plain text if parsing or sanitising it would take too long."""
    if markup == Markup.HTML:
        return _as_typed(raw_html.without_tags(source)) if raw_html.is_tangled(source) else _clean(source)
    parser = _parsers[markup, formulas]
    try:
        html = cast(str, parser.render(source))
    except TooMuchWork:
        return _as_typed(source)
    return _as_typed(source) if raw_html.is_tangled(html) else _clean(html)


def _as_typed(source: str) -> str:
    return "<p>{}</p>\n".format(escape(source, quote=False).replace("\n", "<br>\n"))


def _attribute(images: Iterator[int], tag: str, name: str, value: str) -> str | None:
    """Return the value, or None to drop the attribute; `images` numbers the images of the text."""
    if name == "class":
        # nh3 also asks about elements it is going to drop, such as <x:y>.
        return value if tag in CLASSES and CLASSES[tag].fullmatch(value) else None
    if name in ("width", "height", "start", "colspan", "rowspan"):
        return value if re.fullmatch(r"[0-9]{1,4}", value) else None
    if name == "src":
        return value if links.is_image_source(value) and next(images) <= MAX_IMAGES else None
    return value


def _with_headings_from(top: int, html: str) -> str:
    """Shift all headings so that the biggest becomes `h{top}`."""
    biggest = min((int(level) for _, level in _HEADING.findall(html)), default=top)
    if biggest == top:
        return html
    return _HEADING.sub(lambda match: f"{match[1]}{min(int(match[2]) + top - biggest, 6)}>", html)


def _with_mentions(html: str, resolve: Resolver | None) -> tuple[str, tuple[str, ...]]:
    """Link mentions of people, except in quotations, code and links. Also return the names that resolved."""
    found = list(pieces(html)) if resolve and "@" in html else []
    names = dict.fromkeys(
        name.lower() for piece in found if _may_mention(piece) for name in MENTION.findall(piece.html)
    )
    addresses = dict(resolve(tuple(names))) if resolve and names else {}
    if not addresses:
        return html, ()

    def link(match: re.Match[str]) -> str:
        address = addresses.get(match[1].lower())
        if address is None:
            return match[0]
        return f'<a class="mention" href="{escapeHtml(address)}" rel="{LINK_REL}">{match[0]}</a>'

    linked = [MENTION.sub(link, piece.html) if _may_mention(piece) else piece.html for piece in found]
    return "".join(linked), tuple(name for name in names if name in addresses)


def linked_mentions(html: str) -> Resolver:
    """Return a resolver for mentions that are already links in this HTML."""
    addresses = {name.lower(): unescape(address) for address, name in _LINKED_MENTION.findall(html)}
    return lambda names: {name: addresses[name] for name in names if name in addresses}


def _may_mention(piece: Piece) -> bool:
    return not (piece.tag or piece.quoted or piece.code or piece.linked)


class _Renderer(RendererHTML):
    """What we render differently from markdown-it; each method is named after its token."""

    def html_inline(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return raw_html.filtered(tokens[index].content)

    def html_block(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return raw_html.filtered_block(tokens[index].content, breaks=options["breaks"])

    def formula(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return tokens[index].content

    formula_block = formula

    def fence(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        coloured = OptionsDict(cast(Any, {**options, "highlight": partial(_highlighted, env)}))
        return super().fence(tokens, index, coloured, env)

    def th_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[index])

    def td_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[index])


def _cell(token: Token) -> str:
    """Return the cell's tag with `align`, because the content security policy forbids the parser's style=."""
    _, _, side = str(token.attrGet("style") or "").partition(":")
    return f'<{token.tag} align="{side}">' if side else f"<{token.tag}>"


def _highlighted(env: Env, code: str, language: str, attributes: str) -> str:
    """Return the highlighted code; an empty string makes the parser escape it."""
    if language.lower() not in LANGUAGES or len(code) > HIGHLIGHT_LIMIT or env.get("colouring", 1) <= 0:
        return ""
    lexer = get_lexer_by_name(language.lower(), stripnl=False)  # takes long the first time, whatever the text
    # The highlighting budget is for the whole text; env carries it from block to block.
    until = time.thread_time() + env.get("colouring", COLOURING)
    try:
        coloured: str = pygments.format(_in_time(lexer.get_tokens(code), until), HtmlFormatter(nowrap=True))
    except TimeoutError:
        coloured = ""
    env["colouring"] = until - time.thread_time()
    return coloured


def _in_time(pieces: Iterable[Any], until: float) -> Iterator[Any]:
    """Yield the pieces. Raises TimeoutError when the deadline passes (in `time.thread_time` seconds)."""
    for piece in pieces:
        if time.thread_time() > until:
            raise TimeoutError
        yield piece


def _make_parser(markup: Markup, *, formulas: bool) -> MarkdownIt:
    is_typed = markup == Markup.MARKDOWN
    options = {"html": True, "typographer": False, "breaks": is_typed, "cjk_emphasis": is_typed}
    parser = bounded(MarkdownIt("commonmark", options, renderer_cls=_Renderer), "commonmark")
    parser.enable(["table", "strikethrough"])
    bare_links(parser)
    link_destinations(parser)
    if is_typed:
        pasted_lists(parser)
    if formulas:
        tex.formulas(parser)
    return parser


_parsers = {
    (markup, formulas): _make_parser(markup, formulas=formulas)
    for markup in (Markup.MARKDOWN, Markup.COMMONMARK)
    for formulas in (False, True)
}
