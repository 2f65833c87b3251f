"""An inline rule for markdown-it that turns bare `http:`, `https:` and `mailto:` URLs into links.

A link ends where a reader would expect: at white space, quotation marks and the punctuation of any script, and where a
word in a script without spaces directly follows Latin letters or digits. So
`看https://example.org/a。然后` and `https://example.org/a에서` link only the URL, while the path of
`https://ja.wikipedia.org/wiki/日本` is kept whole. Trailing punctuation and unbalanced closing brackets are left out.
"""

import re
import unicodedata

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from community.core.text import HANGUL, UNSPACED

_SCHEME = re.compile(r"(?<![A-Za-z0-9.+-])(?:https?|mailto)\Z", re.IGNORECASE)
_LONGEST_SCHEME = len("mailto") + 1
# Longer URLs are cut; browsers and servers refuse them anyway.
_LONGEST = 2_000
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}(?![\w@-])"
)
# A run of characters allowed in a URL; brackets and single non-ASCII characters are checked one by one.
_RUN = re.compile(r"[A-Za-z0-9._~:/?#@!$&'*+,;=%|^-]+")
_STOP = re.compile(r"\*\*|&(?:lt|gt|quot|#\w{1,6});")
_HOST = re.compile(r"[^\W_]|[^\W_][^/?#@]{0,60}@[^\W_]|\[[0-9A-Fa-f:.]{2,45}\]")
# Korean has spaces, but not before its particles.
_UNSPACED_LETTER = re.compile(f"[{UNSPACED}{HANGUL}]")
_OPENING = {"(": ")", "[": "]", "{": "}"}
# Punctuation of other scripts that is part of names in URLs: ・ · ‧ –
_JOINERS = "\u30fb\u00b7\u2027\u2013"
_TRAILING = "?!.,:;*_~'&"


def bare_links(parser: MarkdownIt) -> None:
    """Replace markdown-it's rules for bare links with this one."""
    parser.inline.ruler.after("text", "bare_link", _bare_link)


def _bare_link(state: StateInline, silent: bool) -> bool:
    if state.linkLevel > 0 or state.src[state.pos] != ":":
        return False
    found = _SCHEME.search(state.src, max(0, state.pos - _LONGEST_SCHEME), state.pos)
    if found is None:
        return False
    end = _end(state.src, found.start(), state.pos + 1, state.posMax)
    if end <= state.pos or (not silent and not state.pending.endswith(found[0])):
        return False
    if not silent:
        state.pending = state.pending[: -len(found[0])]
        url = state.src[found.start() : end]
        state.push("link_open", "a", 1).attrs = {"href": url}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos = end
    return True


def _end(src: str, start: int, pos: int, limit: int) -> int:
    """Return the end of the URL that begins at `start`; 0 if there is none. `pos` is just after its colon."""
    if src[start] in "mM":
        email = _EMAIL.match(src, pos, limit)
        return email.end() if email else 0
    if not src.startswith("//", pos) or not _HOST.match(src, pos + 2, limit):
        return 0
    first = pos + 2
    last = _last(src, first, min(limit, first + _LONGEST))
    return first + len(src[first:last].rstrip(_TRAILING))


def _last(src: str, pos: int, limit: int) -> int:
    opened: list[int] = []
    while pos < limit:
        if run := _RUN.match(src, pos, limit):
            stop = _STOP.search(run[0])
            pos = run.start() + stop.start() if stop else run.end()
            if stop:
                break
            continue
        if src[pos] in _OPENING:
            opened.append(pos)
        elif src[pos] in ")]}":
            if not opened or _OPENING[src[opened[-1]]] != src[pos]:
                break
            begin = opened.pop()
            if src.startswith("](", pos):  # a link of Markdown
                return begin
        elif not _belongs(src, pos):
            break
        pos += 1
    return opened[0] if opened else pos


def _belongs(src: str, pos: int) -> bool:
    """Whether a non-ASCII character is part of the URL before it."""
    sign, before = src[pos], src[pos - 1]
    if sign in _JOINERS:
        return before.isalnum() and src[pos + 1 : pos + 2].isalnum()
    if _UNSPACED_LETTER.match(sign):
        return not (before.isascii() and before.isalnum())
    return sign > "\x7f" and unicodedata.category(sign)[0] in "LMN"
