"""Reading the sentences of the code: which are wrapped for translation, and which letters are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template import engines
from jinja2 import Environment, nodes

ROOT = Path(settings.BASE_DIR)
JINJA = ROOT / "templates"
WRAPPERS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)[sd]|(.?))", re.DOTALL)
HOLE = "\ufffc"  # where an expression stands
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
