"""A block rule for markdown-it: bullets pasted from word processors (`•⇥item`) start list items, as in `- item`."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

# Always bullets at the start of a line before white space; Word's own are in a private-use area.
_SIGNS = "•‣⁃∙◦●○■□▪▫▶►➢➤❖✓✔✦★☆·\uf000-\uf0ff"
# Letters and dashes that are bullets only before a tab or several spaces, as Word pastes them.
_LETTERS = "o§Øü–—"
_SPACE = "[ \t\u00a0\u2002\u2003\u2007\u2009]"
BULLET = rf"(?:[{_SIGNS}]{_SPACE}|[{_LETTERS}-](?:\t|{_SPACE}*\u00a0))"
_MARKER = re.compile(rf"(?:{BULLET}|(?P<number>\d{{1,9}}[.)]){_SPACE}*\u00a0){_SPACE}*(?=\S)")


def pasted_lists(parser: MarkdownIt) -> None:
    """Add the rule before the one for lists, which then parses the items."""
    parser.block.ruler.before(
        "list", "pasted_list", _rewrite_bullet, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _rewrite_bullet(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Replace a pasted bullet with a Markdown bullet of the same length; never matches itself."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line) or start >= state.eMarks[line]:
        return False
    match = _MARKER.match(state.src, start, state.eMarks[line])
    if match is not None:
        marker = match["number"] or "-"
        # Only one space, because five would start a code block; the rest is stripped from the item.
        written = f"{marker} ".ljust(len(match[0]), "\u00a0")
        state.src = state.src[:start] + written + state.src[match.end() :]
    return False
