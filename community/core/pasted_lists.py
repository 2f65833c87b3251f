"""A block rule for markdown-it: the bullets that word processors paste (`•⇥item`) start list items, as `- item` does."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

# Signs that are bullets wherever a line starts with one and white space; Word's own are in a private-use area.
_SIGNS = "•‣⁃∙◦●○■□▪▫▶►➢➤❖✓✔✦★☆·\uf000-\uf0ff"
# Letters and dashes that stand for a bullet only before a tab or several spaces, as Word pastes them.
_LETTERS = "o§Øü–—"
_SPACE = "[ \t\u00a0\u2002\u2003\u2007\u2009]"
BULLET = rf"(?:[{_SIGNS}]{_SPACE}|[{_LETTERS}-](?:\t|{_SPACE}*\u00a0))"
_MARKER = re.compile(rf"(?:{BULLET}|(?P<number>\d{{1,9}}[.)]){_SPACE}*\u00a0){_SPACE}*(?=\S)")


def pasted_lists(parser: MarkdownIt) -> None:
    """Add the rule before the one for lists, which then reads the items."""
    parser.block.ruler.before(
        "list", "pasted_list", _rewrite_bullet, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _rewrite_bullet(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Replace a pasted bullet by one of Markdown's, in as many characters; never matches itself."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line) or start >= state.eMarks[line]:
        return False
    match = _MARKER.match(state.src, start, state.eMarks[line])
    if match is not None:
        marker = match["number"] or "-"
        # Only one space, since five would begin a block of code; the others are cut off as the item's beginning.
        written = f"{marker} ".ljust(len(match[0]), "\u00a0")
        state.src = state.src[:start] + written + state.src[match.end() :]
    return False
