"""Convert text of a dump to our Markdown dialect and rewrite its links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape, unescape
from types import MappingProxyType

import nh3
from markdown_it import MarkdownIt

from community.core.bare_links import bare_links
from community.core.markdown import ATTRIBUTES, TAGS

from .addresses import PREFIXES, Target, targets_of

# Maps a target to our URL and a title; None if we do not have it.
Lookup = Callable[[Target], "tuple[str, str] | None"]

# Code blocks: fenced, or indented after a blank line.
_BLOCKS = re.compile(
    r"(?:^|(?<=\n))(?P<fence>`{3,}+|~{3,}+)[^\n]*\n.*?(?:(?<=\n)(?P=fence)[^\n]*(?:\n|\Z)|\Z)"
    r"|(?:^|(?<=\n\n))(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+",
    re.S,
)
_CODE_IN_LIST = re.compile(r"(?: {4}|\t){2}")
_TICKS = re.compile("`+")
_TAG = re.compile(r"\[tag:([\w.+#-]{1,35})\]")
_META_TAG = re.compile(r"\[meta-tag:([\w.+#-]{1,35})\]")
_SITE = re.compile(r"\[((?:meta\.)?[a-z]{2,30})\.se\](?![(\[])")
_HEADING = re.compile(r"^((?: {0,3}>)* {0,3})(#{1,6})(?=[^#\s])", re.M)
_SPOILER = re.compile(r"^( {0,3})>! ?", re.M)
_LANGUAGE = re.compile(r"^<!-- language(?:-all)?: .*?-->\n?", re.M)
_LANGUAGE_CLASS = re.compile(r'<pre class="[^"]*\blang-(?!none|default)([\w+#.-]{1,30})[^"]*"><code>')
_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_DEFINITION = re.compile(r"^ {0,3}\[([^\]\n]+)\]: *\S[^\n]*(?:\n|\Z)", re.M)
_BARE_URL = re.compile(
    r"(?<!\]\()(?<!\]:)(?<!\]: )(?<![\w/\[=])(?<!=[\"'])(?P<open><)?(?P<url>https?://[^\s<>()\[\]\"']+)(?(open)>)"
)
_CLOSED_HEADING = re.compile(r"^((?: {0,3}>)* {0,3}#{1,6} .*?[^#\s])(#+)[ \t]*$", re.M)
_COMMENT = re.compile("<!--.*?-->", re.S)
_RULE = re.compile(r"^( {0,3}<hr ?/?>)[ \t]*\n?(?=[^\n])", re.M | re.I)
_ITEM = re.compile(r"((?: {0,3}>)* {0,3}(?:[-+*]|[0-9]{1,9}(?=[.)])))([.)]?)(?=[ \t]|$)")
NO_TITLES: Mapping[str, str] = MappingProxyType({})
# In comments, a backslash only escapes the marks that comments support.
_BACKSLASH = re.compile(r"\\(?![`*_\[])")
_TRAILING = ".,;:!?"


def from_markdown(text: str, *, titles: Mapping[str, str] = NO_TITLES, old_rules: bool = False) -> str:
    """Convert a post's Markdown to our dialect: headings, spoilers, [tag:x], language hints and link definitions.

    Bare URLs among `titles` become links with the title. With `old_rules`, those of Stack Exchange before June 2020:
    `1)` does not start a list, lists do not interrupt paragraphs, closing marks of headings may touch the text, and
    Markdown goes on after a comment or <hr>.
    """
    text = _LANGUAGE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    definitions: dict[str, str] = {}

    def converted(part: str) -> str:
        part = _DEFINITION.sub(lambda match: _taken_out(match, definitions), part)
        part = _BARE_URL.sub(lambda match: _titled(match, titles), part) if titles else part
        part = _SPOILER.sub(r"\1> ", _HEADING.sub(r"\1\2 ", _shorthand(part)))
        if not old_rules:
            return part
        part = _RULE.sub(r"\1\n\n", _COMMENT.sub("", part))
        return _without_new_lists(_CLOSED_HEADING.sub(r"\1 \2", part))

    text = _BLANK_LINES.sub("", _outside_code(text, converted)).rstrip()
    return "\n\n".join(filter(None, [text, "\n".join(definitions.values())]))


def _taken_out(definition: re.Match[str], definitions: dict[str, str]) -> str:
    """Remove a link definition from the text.

    On Stack Exchange, definitions count anywhere and the last of a name wins; here only after a blank line, and the
    first wins.
    """
    definitions[definition[1].lower()] = definition[0].strip()
    return ""


def _titled(match: re.Match[str], titles: Mapping[str, str]) -> str:
    url = match["url"].rstrip(_TRAILING)
    if url not in titles or (match["open"] and url != match["url"]):
        return match[0]
    return f"[{_label(titles[url])}]({url}){match['url'][len(url) :]}"


def titles_in(html: str) -> dict[str, str]:
    """Return link texts that are titles by URL: Stack Exchange shows question titles in place of bare URLs."""
    found = re.findall(r'<a href="([^"]*)"[^<>]*>([^<>]*)</a>', html)
    return {unescape(url): unescape(text) for url, text in found if "://" not in text}


def _without_new_lists(text: str) -> str:
    """Escape what would now start a list."""
    lines, in_list, after_blank = [], False, True
    for line in text.split("\n"):
        item = _ITEM.match(line)
        starts = in_list or after_blank
        # "-" below a line makes it a heading.
        if item and (item[2] == ")" or not (starts or line.strip() == "-")):
            line = f"{_escaped_item(item)}{line[item.end() :]}"
        elif item and starts:
            in_list = True
        elif after_blank and line[:1].strip():
            in_list = False
        after_blank = not line.strip()
        lines.append(line)
    return "\n".join(lines)


def _escaped_item(item: re.Match[str]) -> str:
    return f"{item[1]}\\{item[2]}" if item[2] else f"{item[1][:-1]}\\{item[1][-1]}"


def from_comment(text: str) -> str:
    """Convert a comment's text to Markdown in which only links, emphasis and code are markup."""
    return _outside_code(
        text.replace("\r\n", "\n"), lambda part: _BACKSLASH.sub(r"\\\\", _shorthand(part))
    ).strip()


def comment_html(markdown: str) -> str:
    """Render a comment's Markdown. HTML, lists and the like were plain text to its author."""
    paragraphs = re.split(r"\n\s*\n", markdown)
    return "\n".join(f"<p>{_comments.renderInline(part.strip())}</p>" for part in paragraphs)


def from_html(html: str, lead: Callable[[str], str]) -> str:
    """Return the body of a post with only what is allowed in posts here; `lead` rewrites links and images."""
    return nh3.clean(
        _LANGUAGE_CLASS.sub(r'<pre><code class="language-\1">', html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: lead(value) if name in ("href", "src") else value,
        link_rel=None,
    )


def as_plain_text(text: str) -> str:
    """Return any text as HTML that shows all of it, for text that cannot be converted."""
    lines = escape(text.strip()).replace("\r\n", "\n").split("\n")
    return f"<p>{'<br>'.join(lines)}</p>"


def _shorthand(part: str) -> str:
    part = _TAG.sub(r"[\1](/tags/\1)", part)
    part = _META_TAG.sub(r"[\1](/questions/tagged/\1)", part)
    return _SITE.sub(r"[\1.se](https://\1.stackexchange.com)", part)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for start, stop in _code(text):
        parts += [change(text[end:start]), text[start:stop]]
        end = stop
    return "".join([*parts, change(text[end:])])


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each piece of code. Linear in the length of any text."""
    end, in_list = 0, False
    for block in _BLOCKS.finditer(text):
        if block["fence"] is None:
            in_list = _goes_on(text[end : block.start()], in_list=in_list)
            if in_list and not _CODE_IN_LIST.match(block[0]):
                continue
        yield from _inline_code(text, end, block.start())
        yield block.span()
        end = block.end()
    yield from _inline_code(text, end, len(text))


def _goes_on(text: str, *, in_list: bool) -> bool:
    """Return whether indented lines after this text belong to a list item."""
    for part in text.split("\n\n"):
        lines = part.strip("\n").split("\n")
        if not (in_list and lines[0].startswith(" ")) and lines != [""]:
            in_list = any(map(_ITEM.match, lines))
    return in_list


def _inline_code(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    runs = [run.span() for run in _TICKS.finditer(text, start, stop)]
    following: dict[int, int] = {}
    closes: list[int | None] = [None] * len(runs)
    for place in range(len(runs) - 1, -1, -1):
        length = runs[place][1] - runs[place][0]
        closes[place] = following.get(length)
        following[length] = place
    place = 0
    while place < len(runs):
        close = closes[place]
        if close is not None and text.find("\n\n", runs[place][1], runs[close][0]) < 0:
            yield runs[place][0], runs[close][1]
            place = close
        place += 1


def _make_comment_parser() -> MarkdownIt:
    parser = MarkdownIt("zero")
    parser.enable(["backticks", "emphasis", "link", "escape"])
    bare_links(parser)
    return parser


_comments = _make_comment_parser()


class Links:
    """Finds and rewrites the links of one site."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.host = hosts[0] if hosts else ""
        site = "|".join(re.escape(host) for host in hosts)
        absolute = rf"(?:https?:)?//(?:{site})/" if hosts else r"(?!)"
        path = r"[^\s<>()\[\]\"']*"
        # The text before the URL tells whether it is inside a link or bare.
        inside = r"(?P<inside>\]\(<?|\]: *<?|(?:href|src)=[\"'])"
        bare = r"(?<!\[)(?<!https:)(?<!http:)(?P<open><)?"
        # Paths without a host, and hosts without a scheme, only count inside links.
        url = rf"(?:(?P<known>{absolute})|(?P<slashes>//?))(?P<path>{path})"
        self.url = re.compile(url, re.I)
        self.pattern = re.compile(
            rf"{inside}{url}"
            rf"|{bare}{absolute}(?P<bare>(?:{PREFIXES})/{path})(?(open)>?)",
            re.I,
        )

    def targets(self, text: str) -> set[Target]:
        """Return everything on the old site that the text links to."""
        return {target for match in self.pattern.finditer(text) for target in targets_of(_path(match))}

    def rewrite(self, text: str, lookup: Lookup) -> str:
        """Return Markdown with links rewritten to URLs here where `lookup` finds one."""
        return _outside_code(text, lambda part: self.rewrite_part(part, lookup))

    def rewrite_part(self, text: str, lookup: Lookup) -> str:
        """Like `rewrite`, for text without code."""

        def rewritten(match: re.Match[str]) -> str:
            if match["inside"]:
                return f"{match['inside']}{self._led(match, lookup)}"
            path = _path(match)
            ours = self._ours(path, lookup)
            return f"[{_label(ours[1])}]({ours[0]}){match['bare'][len(path) :]}" if ours else match[0]

        return self.pattern.sub(rewritten, text)

    def lead(self, url: str, lookup: Lookup) -> str:
        """Return the new URL for one of the old site. Paths that were not imported lead to the old site."""
        match = self.url.match(url)
        return f"{self._led(match, lookup)}{url[match.end() :]}" if match else url

    def _led(self, match: re.Match[str], lookup: Lookup) -> str:
        path = _path(match)
        ours = None if match["slashes"] == "//" else self._ours(path, lookup)
        return f"{ours[0] if ours else self._elsewhere(match, path)}{match['path'][len(path) :]}"

    def _ours(self, path: str, lookup: Lookup) -> tuple[str, str] | None:
        return next(filter(None, map(lookup, targets_of(path))), None)

    def _elsewhere(self, match: re.Match[str], path: str) -> str:
        """Return the URL of a page that was not imported; paths without a host belong to the old site."""
        if match["slashes"] != "/":
            known = match["known"] or "//"
            return f"{'https:' if known.startswith('//') else ''}{known}{path}"
        if not self.host:
            return f"/{path}"
        # Tags named in posts on a meta site are those of its main site.
        host = re.sub(r"(^|\.)meta\.", r"\1", self.host) if path.startswith("tags/") else self.host
        return f"https://{host}/{path.replace('tags/', 'questions/tagged/', 1) if path.startswith('tags/') else path}"


def _path(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return str(groups["path"] or groups.get("bare") or "").rstrip(_TRAILING)


def _label(title: str) -> str:
    return re.sub(r"([\[\]\\`*_<>])", r"\\\1", title)
