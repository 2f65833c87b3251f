"""Render Markdown to safe HTML when a post is written; pages show the stored HTML.

CommonMark with tables, strikethrough, bare URLs as links, fenced code highlighted by Pygments, and @mentions that
the caller resolves. nh3 sanitises the result.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import unescape
from itertools import count
from typing import Any, cast

import nh3
import pygments
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from community.core import links, raw_html
from community.core.text import excerpt, storable

# Maps lower-case usernames to profile URLs; those that do not exist are missing.
Resolver = Callable[[Collection[str]], Mapping[str, str]]

Tokens = Sequence[Token]
Env = MutableMapping[str, Any]

MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9][A-Za-z0-9_-]{0,38}[A-Za-z0-9])(?![\w@])")
# Longer code is not highlighted.
HIGHLIGHT_LIMIT = 20_000
# CPU seconds for highlighting one text; some lexers are slow on crafted input.
COLOURING = 0.5
# Every image is a request by each reader's browser. Those beyond it are shown as their alt text.
MAX_IMAGES = 20
# Languages to highlight. Pygments has hundreds of lexers; one line can keep some of them busy forever.
_LANGUAGES = """bash c c# c++ clojure cpp csharp css dart diff docker dockerfile elixir erlang go
    graphql groovy haskell html http java javascript js json kotlin latex lua make makefile markdown
    matlab md nginx objective-c perl php powershell py pycon python r rb rs ruby rust scala scss sh shell sql
    swift tex toml ts typescript vb.net xml yaml yml zsh"""
LANGUAGES = frozenset(_LANGUAGES.split())
SCHEMES = {"http", "https", "mailto"}
TAGS = {*raw_html.INLINE, *raw_html.BLOCK, "h2", "h3", "h4", "h5", "h6", "span"}
ATTRIBUTES = {
    **{tag: set(names) for tag, names in raw_html.ATTRIBUTES.items()},
    "a": {"href", "title", "class"},
    "code": {"class"},
    "span": {"class"},
}
CLASSES = {
    "a": re.compile(r"mention"),
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
    images: int


def render(source: str, *, mentions: Resolver | None = None, top: int = 3) -> Rendered:
    """Render Markdown; never raises, whatever was typed. NUL and lone surrogates are replaced first.

    `top` is the level of the biggest heading: a page's title is h1 and its sections are h2, so h3 in a post,
    and h2 where the text is the whole page.
    """
    env: dict[str, Any] = {"addresses": {}}
    tokens = _parser.parse(storable(source), env)
    env["shift"] = top - min(
        (int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1
    )
    names = tuple(dict.fromkeys(_mentioned(tokens)))
    if names and mentions is not None:
        env["addresses"] = dict(mentions(names))
    html = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, env),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=partial(_attribute, count(1)),
        url_schemes=SCHEMES,
        link_rel="nofollow ugc noopener",
        set_tag_attribute_values={"img": {"loading": "lazy"}},
    )
    return Rendered(
        html=html,
        mentions=tuple(name for name in names if name in env["addresses"]),
        words=len(_prose(tokens, quotes=True).split()),
        excerpt=excerpt(_prose(tokens, quotes=False).strip() or _prose(tokens, quotes=True)),
        images=html.count("<img "),
    )


def _attribute(images: Iterator[int], tag: str, name: str, value: str) -> str | None:
    """Return the value, or None to drop the attribute; `images` numbers the images of the text."""
    if name == "class":
        return value if CLASSES[tag].fullmatch(value) else None
    if name in ("width", "height", "start", "colspan", "rowspan"):
        return value if re.fullmatch(r"[0-9]{1,4}", value) else None
    if name == "src":
        return value if links.is_image_source(value) and next(images) <= MAX_IMAGES else None
    return value


def _mentioned(tokens: Tokens) -> list[str]:
    inside = (child for token in tokens for child in token.children or ())
    return [child.content.lower() for child in inside if child.type == "mention"]


def _prose(tokens: Tokens, *, quotes: bool) -> str:
    """Return the words as plain text, without code blocks, and without block quotes unless `quotes` is set."""
    depth, parts = 0, []
    for token in tokens:
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if quotes or not depth:
            parts += [_words(child) for child in token.children or (token,)] + [" "]
    return "".join(parts)


def _words(token: Token) -> str:
    if token.type in ("text", "code_inline"):
        return token.content
    if token.type == "mention":
        return f"@{token.content}"
    if token.type in ("html_inline", "html_block"):
        return unescape(re.sub(r"<[^>]*>", "", raw_html.filtered(token.content)))
    return " " if token.type in ("softbreak", "hardbreak") else ""


def _split_mentions(state: StateCore) -> None:
    """Core rule: split @name in text outside of links into a token of its own."""
    for block in state.tokens:
        if block.type != "inline" or "@" not in block.content:
            continue
        children: list[Token] = []
        linked = 0
        for token in block.children or ():
            linked += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            children += [token] if linked or token.type != "text" else _pieces(token)
        block.children = children


def _pieces(text: Token) -> list[Token]:
    pieces, end = [], 0
    for match in MENTION.finditer(text.content):
        before = text.content[end : match.start()]
        pieces += [Token("text", "", 0, content=before, level=text.level)] if before else []
        pieces.append(Token("mention", "", 0, content=match.group(1), level=text.level))
        end = match.end()
    rest = text.content[end:]
    return [*pieces, Token("text", "", 0, content=rest, level=text.level)] if pieces else [text]


class _Renderer(RendererHTML):
    """What we render differently from markdown-it; each method is named after its token."""

    def mention(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        name = tokens[index].content
        address = env["addresses"].get(name.lower())
        if address is None:
            return f"@{escapeHtml(name)}"
        return f'<a class="mention" href="{escapeHtml(address)}">@{escapeHtml(name)}</a>'

    def html_inline(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return raw_html.filtered(tokens[index].content)

    def html_block(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return raw_html.filtered_block(tokens[index].content)

    def fence(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        # The highlighting budget is for the whole text; env carries it from block to block.
        coloured = OptionsDict(cast(Any, {**options, "highlight": partial(_highlighted, env)}))
        return super().fence(tokens, index, coloured, env)

    def heading_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return f"<{_demoted(tokens[index], env)}>"

    def heading_close(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return f"</{_demoted(tokens[index], env)}>\n"

    def th_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[index])

    def td_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[index])


def _cell(token: Token) -> str:
    """Return the cell's tag with `align`, because the content security policy forbids the parser's style=."""
    _, _, side = str(token.attrGet("style") or "").partition(":")
    return f'<{token.tag} align="{side}">' if side else f"<{token.tag}>"


def _demoted(token: Token, env: Env) -> str:
    return f"h{min(int(token.tag[1]) + env['shift'], 6)}"


def _highlighted(env: Env, code: str, language: str, attributes: str) -> str:
    """Return the highlighted code; an empty string makes the parser escape it."""
    if language.lower() not in LANGUAGES or len(code) > HIGHLIGHT_LIMIT:
        return ""
    lexer = get_lexer_by_name(language.lower(), stripnl=False)
    try:
        coloured: str = pygments.format(_in_time(lexer.get_tokens(code), env), HtmlFormatter(nowrap=True))
    except TimeoutError:
        return ""
    return coloured


def _in_time(pieces: Iterable[Any], env: Env) -> Iterator[Any]:
    """Yield the pieces within the text's highlighting budget.

    Raises TimeoutError when it is used up, here and in the blocks that follow.
    """
    last = time.thread_time()
    for piece in pieces:
        now = time.thread_time()
        env["colouring"] = env.get("colouring", COLOURING) - (now - last)
        if env["colouring"] < 0:
            raise TimeoutError
        yield piece
        last = time.thread_time()


def _make_parser() -> MarkdownIt:
    options = {"html": True, "linkify": True, "typographer": False}
    parser = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough", "linkify"])
    parser.core.ruler.push("mentions", _split_mentions)
    if parser.linkify is not None:
        # "readme.md" is a file name and "ada@example.com" an email address: only URLs with a scheme are links.
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return parser


_parser = _make_parser()
