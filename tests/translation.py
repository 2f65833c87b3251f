"""Reading the sentences of the code: which are wrapped for translation, and which letters are not."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.template import engines
from django.template.base import Lexer, TokenType
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from jinja2 import Environment, nodes

ROOT = Path(settings.BASE_DIR)
JINJA = ROOT / "templates"
WRAPPERS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)[sd]|(.?))", re.DOTALL)
HOLE = "\ufffc"  # where an expression stands
SENTENCE = re.compile(r"^[A-Z][a-z]|[A-Za-z]{2,} [A-Za-z]")
LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Sentence:
    """A call of gettext or ngettext in a template, also one that a trans block makes."""

    place: str
    literals: tuple[str, ...]
    given: frozenset[str]
    is_literal: bool


def environment() -> Environment:
    return engines["jinja2"].env


@cache
def jinja_templates() -> dict[str, nodes.Template]:
    """Every Jinja2 template, parsed as it is when a page is rendered."""
    env = environment()
    names = env.list_templates(
        filter_func=lambda name: name.endswith(".html") and not name.startswith("django/")
    )
    return {name: parsed(env.loader.get_source(env, name)[0]) for name in names}  # type: ignore[union-attr]


def parsed(source: str) -> nodes.Template:
    return environment().parse(source)


def is_wrapper(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and getattr(node.node, "name", None) in WRAPPERS


def sentences(template: nodes.Template, name: str) -> Iterator[Sentence]:
    for call in template.find_all(nodes.Call):
        if not is_wrapper(call):
            continue
        texts = call.args[: 2 if call.node.name == "ngettext" else 1]  # type: ignore[attr-defined]
        yield Sentence(
            place=f"{name}:{call.lineno}",
            literals=tuple(one.value for one in texts if isinstance(one, nodes.Const)),
            given=frozenset(keyword.key for keyword in call.kwargs),
            is_literal=all(isinstance(one, nodes.Const) and isinstance(one.value, str) for one in texts)
            and not call.dyn_args
            and not call.dyn_kwargs,
        )


def placeholders(message: str) -> frozenset[str]:
    """The names in %(name)s; ValueError for a % that is neither one nor doubled."""
    found = set()
    for match in PLACEHOLDER.finditer(message):
        name, stray = match.groups()
        if stray is not None:
            raise ValueError(f"a single % in {message!r}")
        found |= {name} - {None}
    return frozenset(found)


class Reader(HTMLParser):
    """Collect the letters that a reader of the page gets to see or hear, with the line they stand on."""

    SILENT = {"script", "style", "code", "pre"}
    SPOKEN = {"aria-label", "aria-description", "title", "placeholder", "alt", "label"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self.silent.append(tag)
        for name, value in attrs:
            # A data attribute with several words is a sentence that a script shows.
            if (
                name in self.SPOKEN
                or (name.startswith("data-") and " " in (value or "").strip())
                or (
                    name == "value"
                    and tag == "input"
                    and dict(attrs).get("type") in ("submit", "button", "reset")
                )
            ):
                self.note(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.note(data)

    def note(self, text: str) -> None:
        text = " ".join(text.split())
        if LETTERS.search(text):
            self.found.append((self.getpos()[0], text))


def letters_of(html: str) -> list[str]:
    """The texts and spoken attributes in HTML, or in a template whose expressions are holes."""
    reader = Reader()
    # A tag whose name is computed.
    reader.feed(re.sub(rf"(</?){HOLE}+", r"\1hole", html))
    reader.close()
    return [text for _, text in reader.found]


def with_holes(template: nodes.Template) -> str:
    """The template's own text, in its order, with holes for what is computed.

    Strings that an expression prints as they are (`x or "nobody"`) are text too.
    """
    return "".join(_pieces(template))


def _pieces(node: nodes.Node) -> Iterator[str]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(node, nodes.Output):
            yield HOLE.join(["", *(str(one.value) for one in _printed(child)), ""])
        elif isinstance(child, nodes.Stmt):
            yield from _pieces(child)


def _printed(node: nodes.Node) -> Iterator[nodes.Const]:
    """The constants of an expression that reach the page as they are."""
    if isinstance(node, nodes.Const):
        yield node
    elif isinstance(node, nodes.CondExpr):
        for branch in (node.expr1, node.expr2):
            if branch:
                yield from _printed(branch)
    elif isinstance(node, (nodes.Or, nodes.And, nodes.Add)):
        yield from _printed(node.left)
        yield from _printed(node.right)
    elif isinstance(node, nodes.Concat):
        for one in node.nodes:
            yield from _printed(one)
    elif isinstance(node, nodes.Filter) and node.node:
        yield from _printed(node.node)
        if node.name in ("default", "d"):
            for one in node.args:
                yield from _printed(one)


def bare_strings(template: nodes.Template) -> list[str]:
    """String constants that read like a sentence but are neither wrapped nor part of the page's own text."""
    printed = {
        id(one)
        for output in template.find_all(nodes.Output)
        for child in output.nodes
        for one in _printed(child)
    }
    return [
        one.value for one in _unwrapped(template) if id(one) not in printed and SENTENCE.search(one.value)
    ]


def _unwrapped(node: nodes.Node) -> Iterator[nodes.Const]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Const):
            if isinstance(child.value, str):
                yield child
        elif is_wrapper(child):
            for keyword in child.kwargs:  # type: ignore[attr-defined]
                yield from _unwrapped(keyword)
        elif isinstance(child, nodes.Filter) and child.name == "date":  # its argument is a format
            if child.node:
                yield from _unwrapped(child.node)
        else:
            yield from _unwrapped(child)


# Python


@dataclass(frozen=True)
class Call:
    """A call of gettext or one of its kin in Python."""

    place: str
    function: str
    literals: tuple[str, ...]
    is_literal: bool
    is_at_import: bool
    given: frozenset[str] | None
    """The names that `% {...}` gives; None when it is not formatted there with a literal dict."""


def python_files() -> list[Path]:
    return sorted(
        path
        for package in ("community", "journeys", "advocacy")
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    )


def python_calls(path: Path) -> Iterator[Call]:
    """The calls of gettext in a module, under whatever name it imports it."""
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
    }
    in_functions = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for statement in (node.body if isinstance(node.body, list) else [node.body])
        for inner in ast.walk(statement)
    }
    formatted = {
        id(node.left): frozenset(key.value for key in node.right.keys if isinstance(key, ast.Constant))
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Dict)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
            continue
        function = names[node.func.id]
        texts = node.args[: 2 if "ngettext" in function else 1]
        if "pgettext" in function:
            texts = node.args[: 3 if "n" in function[:1] else 2]
        yield Call(
            place=f"{path.relative_to(ROOT)}:{node.lineno}",
            function=function,
            literals=tuple(one.value for one in texts if isinstance(one, ast.Constant)),
            is_literal=bool(texts) and all(isinstance(one, ast.Constant) for one in texts),
            is_at_import=id(node) not in in_functions,
            given=formatted.get(id(node)),
        )


# Django's own templates


def django_templates() -> list[Path]:
    return sorted((JINJA / "django").rglob("*.html")) + sorted((JINJA / "django").rglob("*.txt"))


def without_tags(source: str) -> str:
    """The text of a template for Django's engine outside translate and blocktranslate, with holes."""
    kept, inside = [], ""
    for token in Lexer(source).tokenize():
        words = token.contents.split()
        if token.token_type == TokenType.BLOCK and words[0] in ("blocktranslate", "blocktrans", "comment"):
            inside = f"end{words[0]}"
        elif token.token_type == TokenType.BLOCK and words[0] == inside:
            inside = ""
            kept.append(HOLE)
        elif inside:
            continue
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
        elif token.token_type == TokenType.VAR or words[:1] == ["translate"]:
            kept.append(HOLE)
    return "".join(kept)


# The catalogue


@cache
def catalogue() -> Catalog:
    """Every sentence that `make messages` finds."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "caravan.pot"
        subprocess.run([sys.executable, "-m", "tools.messages", target], cwd=ROOT, check=True)
        with target.open("rb") as file:
            return read_po(file)


def django_sentences(path: Path) -> Iterator[str]:
    """The sentences that a template for Django's engine looks up when it is rendered."""
    template = engines["django"].from_string(path.read_text()).template
    for kind in (TranslateNode, BlockTranslateNode):
        for node in template.nodelist.get_nodes_by_type(kind):
            if kind is TranslateNode:
                text = node.filter_expression.var
                yield str(getattr(text, "literal", text)).strip("\"'").replace("%", "%%")
            else:
                yield from (
                    node.render_token_list(tokens)[0] for tokens in (node.singular, node.plural) if tokens
                )
