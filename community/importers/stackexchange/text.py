"""Convert text of a dump to our Markdown dialect and rewrite its links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from .addresses import PREFIXES, Target, targets_of

# Maps a target to our URL and a title; None if we do not have it.
Lookup = Callable[[Target], "tuple[str, str] | None"]

# Code blocks: fenced, or indented after a blank line.
_BLOCKS = re.compile(
    r"(?:^|(?<=\n))(?P<fence>`{3,}+|~{3,}+)[^\n]*\n.*?(?:(?<=\n)(?P=fence)[^\n]*(?:\n|\Z)|\Z)"
    r"|(?:^|(?<=\n\n))(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+",
    re.S,
)
_TICKS = re.compile("`+")
_TAG = re.compile(r"\[tag:([\w.+#-]{1,35})\]")
_META_TAG = re.compile(r"\[meta-tag:([\w.+#-]{1,35})\]")
_SITE = re.compile(r"\[((?:meta\.)?[a-z]{2,30})\.se\](?![(\[])")
_HEADING = re.compile(r"^(#{1,6})(?=[^#\s])", re.M)
_SPOILER = re.compile(r"^( {0,3})>! ?", re.M)
_LANGUAGE = re.compile(r"^<!-- language(?:-all)?: .*?-->\n?", re.M)
_TRAILING = ".,;:!?"


def from_markdown(text: str) -> str:
    """Convert a post's Markdown to our dialect: headings, spoilers, [tag:x] and language hints."""
    text = _LANGUAGE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _outside_code(
        text, lambda part: _SPOILER.sub(r"\1> ", _HEADING.sub(r"\1 ", _shorthand(part)))
    ).strip()


def from_comment(text: str) -> str:
    """Convert a comment's text, which only has links, emphasis and code, to our Markdown."""
    return _outside_code(text.replace("\r\n", "\n"), _shorthand).strip()


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
    end = 0
    for block in _BLOCKS.finditer(text):
        yield from _inline_code(text, end, block.start())
        yield block.span()
        end = block.end()
    yield from _inline_code(text, end, len(text))


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
        # A path without a host, or a host without a scheme, only counts inside a link.
        self.pattern = re.compile(
            rf"{inside}(?:(?P<known>{absolute})|(?P<slashes>//?))(?P<path>{path})"
            rf"|{bare}{absolute}(?P<bare>(?:{PREFIXES})/{path})(?(open)>?)",
            re.I,
        )

    def targets(self, text: str) -> set[Target]:
        """Return everything on the old site that the text links to."""
        return {target for match in self.pattern.finditer(text) for target in targets_of(_path(match))}

    def rewrite(self, text: str, lookup: Lookup) -> str:
        """Return Markdown with links rewritten to our URLs where `lookup` finds one."""
        return _outside_code(text, lambda part: self.rewrite_part(part, lookup))

    def rewrite_part(self, text: str, lookup: Lookup) -> str:
        """As `rewrite`, for text without code. Paths that we do not have lead to the old site."""

        def rewritten(match: re.Match[str]) -> str:
            path = _path(match)
            ours = None if match["slashes"] == "//" else self._ours(path, lookup)
            if match["inside"]:
                address = ours[0] if ours else self._elsewhere(match, path)
                return f"{match['inside']}{address}{match['path'][len(path) :]}"
            return f"[{_label(ours[1])}]({ours[0]}){match['bare'][len(path) :]}" if ours else match[0]

        return self.pattern.sub(rewritten, text)

    def _ours(self, path: str, lookup: Lookup) -> tuple[str, str] | None:
        return next(filter(None, map(lookup, targets_of(path))), None)

    def _elsewhere(self, match: re.Match[str], path: str) -> str:
        """Return the URL of what is not here: a path without a host belongs to the old site."""
        if match["slashes"] != "/":
            known = match["known"] or "//"
            return f"{'https:' if known.startswith('//') else ''}{known}{path}"
        if not self.host:
            return f"/{path}"
        # The tags that posts on a meta site name are those of its main site.
        host = re.sub(r"(^|\.)meta\.", r"\1", self.host) if path.startswith("tags/") else self.host
        return f"https://{host}/{path.replace('tags/', 'questions/tagged/', 1) if path.startswith('tags/') else path}"


def _path(match: re.Match[str]) -> str:
    return str(match["path"] or match["bare"] or "").rstrip(_TRAILING)


def _label(title: str) -> str:
    return re.sub(r"([\[\]\\`*_<>])", r"\\\1", title)
