"""Bound the work of parsing any text as Markdown.

markdown-it is linear for most texts, but a text made only of marks costs a hundred times as much as prose, and some
rules look ahead from every mark. Each attempt to match and each token uses up a budget; TooMuchWork is raised when it
is spent. The budget counts operations instead of measuring time, so that the same text always renders the same.
"""

from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from community.core.cjk_emphasis import CjkFriendlyState

# Attempts and tokens in one text; enough for more than a thousand paragraphs or list items.
BUDGET = 18_000
# A line is matched against every block rule.
LINE = 3
# These tokens cost as much as several others.
WEIGHTS = {"image": 10, "link_open": 5, "html_inline": 3, "html_block": 5, "fence": 5}
# Characters of URLs and titles beyond those typed, because each use of a reference repeats them.
MAX_REPEATED = 100_000


class TooMuchWork(Exception):
    """This text would take too long to parse."""


def bounded(parser: MarkdownIt, preset: str) -> MarkdownIt:
    """Make the parser raise TooMuchWork for texts over the budget. Call it first: it resets the parser's rules."""
    options = dict(parser.options)
    parser.block, parser.inline = _ParserBlock(), _ParserInline()
    parser.configure(preset, options_update=options)
    chains = ["paragraph", "reference", "blockquote", "list", "table"]
    parser.block.ruler.before("table", "budget", _spend_on_line, {"alt": chains})
    parser.inline.ruler.before("text", "budget", _spend_on_place)
    parser.core.ruler.push("budget", _check_repetition)
    return parser


def _spend(env: Any, units: int = 1) -> None:
    env["work"] = env.get("work", 0) + units
    if env["work"] > BUDGET:
        raise TooMuchWork


def _spend_on_line(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    _spend(state.env, LINE)
    return False


def _spend_on_place(state: StateInline, silent: bool) -> bool:
    _spend(state.env)
    return False


def _check_repetition(state: Any) -> None:
    tokens = (child for token in state.tokens for child in token.children or ())
    written = sum(len(str(value)) for token in tokens for value in token.attrs.values())
    if written > len(state.src) + MAX_REPEATED:
        raise TooMuchWork


class _StateBlock(StateBlock):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        _spend(self.env, WEIGHTS.get(ttype, 1))
        return super().push(ttype, tag, nesting)


class _StateInline(CjkFriendlyState):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        _spend(self.env, WEIGHTS.get(ttype, 1))
        return super().push(ttype, tag, nesting)


class _ParserBlock(ParserBlock):
    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token] | None:
        state = _StateBlock(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _ParserInline(ParserInline):
    def skipToken(self, state: StateInline) -> None:
        _spend(state.env)
        super().skipToken(state)

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _StateInline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens
