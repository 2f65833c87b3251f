r"""Formulas in TeX: `$x$` in a line and `$$x$$` on lines of their own, shown as MathML.

Text between dollars is kept verbatim. A dollar begins a formula if no space follows, and ends it if no space precedes
and no digit follows, so `$5 and $10` are amounts. Markdown is first rendered to `code` with
our own class, which passes the sanitiser; `as_mathml` replaces it afterwards. latex2mathml passes on any text and
attributes, so its elements are serialized here, with nothing but what MathML needs.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from community.core.rendered_html import pieces

# Most characters in one formula, and in all formulas of a text; beyond that, the source is shown.
MAX_LENGTH = 1_000
MAX_TOTAL = 4_000
# Even the shortest formula costs as much as this many characters of a long one.
LEAST = 15
MAX_DEPTH = 24  # of braces
MAX_LINES = 100
INLINE, BLOCK = "language-tex-inline", "language-tex-block"
_TEX = r"(?:\\.|[^$\\])"
_AMOUNT = r"\d[\d.,]*[%kKmM]?[.,;:]?\s+[^\W\d_]{2,}"  # such as `$5 million`
_FORMULA = re.compile(
    rf"(?<!\\)\$\$(?P<block>{_TEX}{{1,{MAX_LENGTH}}}?)\$\$|(?<!\\)\$(?P<inline>(?![\s$])(?!{_AMOUNT}){_TEX}{{1,{MAX_LENGTH}}}?)(?<!\s)\$(?![\d$])",
    re.DOTALL,
)
_CODE = re.compile(rf'<code class="(?:{INLINE}|{BLOCK})">[^<]*</code>')
_TELLING = re.compile(r"\\[A-Za-z{}]|[\^_][\w{\\]")
_TAGS = """mrow mi mn mo ms mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot mtable mtr mtd mstyle
    mpadded mphantom menclose"""
_WORDS = """mathvariant stretchy fence separator form accent accentunder columnalign columnlines rowlines movablelimits largeop
    symmetric notation displaystyle scriptlevel mathcolor"""
_LENGTHS = frozenset(
    ["linethickness", "width", "height", "depth", "voffset", "lspace", "rspace", "minsize", "maxsize"]
)
_SHIFTS = frozenset(["voffset", "lspace", "rspace"])
TAGS, WORDS = frozenset(_TAGS.split()), frozenset(_WORDS.split())
# Environments unknown to latex2mathml, and others that look the same except for equation numbers.
_ENVIRONMENTS = {
    "align": "align*",
    "aligned": "split",
    "eqnarray": "align*",
    "equation": "split",
    "gather": "matrix",
    "gathered": "matrix",
}
_ENVIRONMENT = re.compile(rf"(\\(?:begin|end))\{{({'|'.join(_ENVIRONMENTS)})\}}")
_WORD = re.compile(r"[\w #-]{1,60}")
_LENGTH = re.compile(r"\+?\d{0,2}(?:\.\d{1,4})?(?:em|ex|px|pt|mm|cm|%)?")
# Limit shifts to about a line, so that no formula is drawn over the rest of the page.
_SHIFT = re.compile(r"[+-]?[01]?(?:\.\d{1,4})?(?:em|ex|px|pt|mm)?")


def formulas(parser: MarkdownIt) -> None:
    """Add the rules to a Markdown parser."""
    parser.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.inline.ruler.before("escape", "formula", _inline)


def _inline(state: StateInline, silent: bool) -> bool:
    found = _FORMULA.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "$" else None
    if found is None:
        return False
    if not silent:
        token = state.push("formula", "code", 0)
        token.content = code_of(found)
    state.pos = found.end()
    return True


def _block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Match `$$` at the beginning of a line up to the line that ends with `$$`."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line) or not state.src.startswith("$$", start):
        return False
    last = line
    while last < min(end, line + MAX_LINES):
        text = state.src[state.bMarks[last] : state.eMarks[last]].rstrip()
        if text.endswith("$$") and (last > line or len(text.strip()) > 2):
            break
        if state.isEmpty(last):
            return False
        last += 1
    else:
        return False
    found = _FORMULA.fullmatch(state.getLines(line, last + 1, state.blkIndent, False).strip())
    if found is None or found["block"] is None:
        return False
    if not silent:
        state.line = last + 1
        token = state.push("formula_block", "code", 0)
        token.content = f"<p>{code_of(found)}</p>\n"
    return True


def code_of(found: re.Match[str]) -> str:
    name, tex = (BLOCK, found["block"]) if found["block"] else (INLINE, found["inline"])
    return f'<code class="{name}">{escape(tex.strip(), quote=False)}</code>'


def marked(html: str) -> str:
    """Mark the formulas in sanitised HTML, outside of code and links."""
    if "$" not in html:
        return html
    return "".join(
        piece.html if piece.tag or piece.code or piece.linked else _marked(piece.html)
        for piece in pieces(html)
    )


def in_html(html: str) -> bool:
    """Whether sanitised HTML has a formula with a command, power or index, not just a pair of dollars."""
    return html.count("$") > 1 and any(_TELLING.search(code) for code in _CODE.findall(marked(html)))


def _marked(text: str) -> str:
    """Mark the formulas in escaped text."""
    parts, end = [], 0
    plain = unescape(text)
    for found in _FORMULA.finditer(plain):
        parts += [escape(plain[end : found.start()], quote=False), code_of(found)]
        end = found.end()
    return "".join([*parts, escape(plain[end:], quote=False)]) if parts else text


def as_mathml(html: str) -> str:
    """Replace marked formulas with MathML, or with their source if they are invalid or too long."""
    left = MAX_TOTAL

    def shown(match: re.Match[str]) -> str:
        nonlocal left
        code = match[0]
        source = code[code.index(">") + 1 : -len("</code>")]
        is_block = BLOCK in code
        math = ""
        if left > 0:
            tex = unescape(source)
            left -= LEAST + len(tex)
            math = _mathml(tex, is_block=is_block) if left >= 0 else ""
        sign = "$$" if is_block else "$"
        return math or f"<code>{sign}{source}{sign}</code>"

    return _CODE.sub(shown, html) if "language-tex-" in html else html


def _mathml(tex: str, *, is_block: bool) -> str:
    """Return the formula as MathML with its source as an annotation; empty if it is invalid."""
    if len(tex) > MAX_LENGTH or _depth(tex) > MAX_DEPTH:
        return ""
    display = "block" if is_block else "inline"
    try:
        known = _ENVIRONMENT.sub(lambda match: f"{match[1]}{{{_ENVIRONMENTS[match[2]]}}}", tex)
        inside = "".join(map(_written, convert_to_element(known, display=display)))
    except Exception:
        return ""
    source = escape(tex)
    return (
        f'<math display="{display}" alttext="{source}" title="{source}"><semantics>{inside}'
        f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation></semantics></math>'
    )


def _depth(tex: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"\\.|[{}]", tex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    return deepest


def _written(element: Element) -> str:
    """Serialize an element. Raises ValueError for unknown commands."""
    tag = element.tag if element.tag in TAGS else "mrow"
    text = unescape(element.text or "")
    if text.startswith("\\") and len(text) > 2:
        raise ValueError(text)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if (name in WORDS and _WORD.fullmatch(value)) or (name in _LENGTHS and _is_length(name, value))
    )
    inside = "".join(map(_written, element))
    return f"<{tag}{attributes}>{escape(text, quote=False)}{inside}</{tag}>"


def _is_length(name: str, value: str) -> bool:
    return bool(_SHIFT.fullmatch(value) or (name not in _SHIFTS and _LENGTH.fullmatch(value)))
