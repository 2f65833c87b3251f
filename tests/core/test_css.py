"""Every CSS rule is used on some page, and every class on a page is styled or used by a script."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import unfold
from django.conf import settings
from django.contrib import admin
from pygments.token import STANDARD_TYPES

ROOT = Path(settings.BASE_DIR)
CSS = ROOT / "static/css"
# The icons' drawings are generated, and named by data too.
STYLESHEETS = [path for path in sorted(CSS.rglob("*.css")) if path.name != "icons.css"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
MODULES = [
    path
    for app in ("community", "journeys", "advocacy")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]

# Classes added by third-party code: htmx, Django's errors, Unfold's admin and Pygments.
FOREIGN_CLASSES = {"htmx-request", "errorlist", "dark", "fixed", "inset-0", "material-symbols-outlined"}
FOREIGN_CLASSES |= {"action-checkbox", "data-row", "field-line", "flex-col-reverse", "result-list"}
FOREIGN_CLASSES |= {"text-base-500", "uppercase"}
FOREIGN_CLASSES |= set(STANDARD_TYPES.values())
FOREIGN_IDS = {"changelist-actions", "modal-overlay", "searchbar-submit", "submit-row"}
# The theme of the admin reads it.
FOREIGN_PROPERTIES = {"--font-sans"}
UNFOLD = Path(unfold.__file__).parent / "static/unfold/css/styles.css"
# Of any of the icons, from `core/components.py`.
ICON = "i-{}"

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PRELUDE = re.compile(r"([^{};]+)\{")
ATTRIBUTE = re.compile(r'\[([\w-]+)(?:[~|^$*]?="([^"]*)")?\]')
TAG = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)
CLASSES = re.compile(r'\bclass="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"', re.DOTALL)
LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'")
SET_BY_SCRIPTS = re.compile(r'(?:className = |classList\.\w+\()"([^"]*)"')
LOOKED_UP = re.compile(r"(?<![\w/])\.([a-z][\w-]*)")


class Selector(NamedTuple):
    kind: str
    name: str
    value: str = ""


def preludes(path: Path) -> Iterator[str]:
    """Yield the selectors of each rule, except the conditions of at-rules."""
    for found in PRELUDE.findall(COMMENT.sub("", path.read_text())):
        if not found.strip().startswith("@"):
            yield found.strip()


def selectors(path: Path) -> set[Selector]:
    found = set()
    for prelude in preludes(path):
        found |= {Selector("attribute", name, value) for name, value in ATTRIBUTE.findall(prelude)}
        rest = ATTRIBUTE.sub("", prelude)
        found |= {Selector("class", name) for name in re.findall(r"\.([a-zA-Z][\w-]*)", rest)}
        found |= {Selector("id", name) for name in re.findall(r"#([a-zA-Z][\w-]*)", rest)}
        found |= {
            Selector("element", name) for name in re.findall(r"(?<![\w.#:-])([a-z]+-[a-z-]+)(?![\w(-])", rest)
        }
    return found


@cache
def texts() -> str:
    """Return all sources that produce HTML, templates without comments."""
    written = [re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL) for path in TEMPLATES]
    return "\n".join([*written, *(path.read_text() for path in SCRIPTS + MODULES)])


def classes_of(text: str) -> set[str]:
    """Return the classes in markup, including those in template branches."""
    found: set[str] = set()
    for value in CLASSES.findall(text):
        found |= set(TAG.sub(lambda tag: " " if tag[0][1] == "%" else "\0", value).split())
        for expression in re.findall(r"\{\{(.*?)\}\}", value, re.DOTALL):
            found |= {word for pair in LITERAL.findall(expression) for word in "".join(pair).split()}
    return found


def classes_of_module(path: Path) -> set[str]:
    """Return the classes in HTML strings and in widget attributes: {"class": "..."}.

    A string with a backslash is a pattern that reads HTML.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\\" not in node.value:
            found |= classes_of(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "class" and isinstance(value, ast.Constant):
                    found |= {word for word in str(value.value).split() if "." not in word}
    return found


def strings(path: Path) -> str:
    return "\n".join(
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def classes_on_pages() -> frozenset[str]:
    found: set[str] = set()
    for path in TEMPLATES:
        found |= classes_of(re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL))
    for path in SCRIPTS:
        found |= {word for value in SET_BY_SCRIPTS.findall(path.read_text()) for word in value.split()}
    for path in MODULES:
        found |= classes_of_module(path)
    return frozenset(found)


@cache
def classes_of_columns() -> frozenset[str]:
    """Return the classes of the columns of lists in the admin."""
    lists = admin.site._registry.values()
    return frozenset(f"field-{name}" for model_admin in lists for name in model_admin.list_display)


def is_mentioned(selector: Selector) -> bool:
    if selector.kind == "class":
        return selector.name in classes_on_pages() | FOREIGN_CLASSES | classes_of_columns()
    if selector.kind == "id":
        return selector.name in FOREIGN_IDS or f'id="{selector.name}"' in texts()
    if selector.kind == "element":
        return f"<{selector.name}" in texts()
    if not selector.name.startswith("data-"):
        return True
    return _names_attribute(selector.name) and (
        not selector.value or re.search(f"[\"']{re.escape(selector.value)}[\"']", texts()) is not None
    )


def _names_attribute(name: str) -> bool:
    in_scripts = re.sub(r"-(\w)", lambda found: found[1].upper(), name.removeprefix("data-"))
    return re.search(rf"[\s\[\"']{name}\b|dataset\.{in_scripts}\b", texts()) is not None


def test_every_selector_can_match_something():
    unused = [
        f"{path.relative_to(CSS)}: {selector}"
        for path in STYLESHEETS
        for selector in sorted(selectors(path))
        if not is_mentioned(selector)
    ]

    assert unused == []


def test_every_custom_property_and_animation_is_used():
    rules = COMMENT.sub("", "".join(path.read_text() for path in STYLESHEETS))
    given = set(re.findall(r"^\s*(--[\w-]+):", rules, re.MULTILINE))
    taken = set(re.findall(r"var\((--[\w-]+)", rules))
    animations = set(re.findall(r"@keyframes ([\w-]+)", rules))

    assert given - taken == FOREIGN_PROPERTIES
    assert {name for name in taken - given if not name.startswith("--color-")} == {
        "--icon"
    }  # Unfold's colours
    assert animations == set(re.findall(r"animation: ([\w-]+)", rules))


def test_every_class_on_a_page_is_styled_or_used():
    styled = {name for path in STYLESHEETS for kind, name, _ in selectors(path) if kind == "class"}
    scripts = "\n".join(path.read_text() for path in SCRIPTS)
    tests = "\n".join(strings(path) for path in (ROOT / "tests").rglob("*.py"))
    looked_up = set(LOOKED_UP.findall(f"{scripts}\n{tests}"))
    left = classes_on_pages() - styled - looked_up - {ICON}
    theme = UNFOLD.read_text().replace("\\", "")

    assert {name for name in left if f".{name}" not in theme} == set()


def test_no_class_is_built_from_parts():
    assert {name for name in classes_on_pages() if "\0" in name or "{" in name} == {ICON}


def test_the_stylesheet_of_the_site_imports_every_other_one_but_the_icons_once():
    imported = re.findall(r'^@import "(.+)";$', (CSS / "site.css").read_text(), re.MULTILINE)
    others = {str(path.relative_to(CSS)) for path in CSS.rglob("*.css")} - {
        "site.css",
        "icons.css",
        "admin.css",
    }

    assert sorted(imported) == sorted(others)


def test_stylesheets_name_no_files():
    """Stylesheets in subfolders are inlined into site.css, where relative URLs would resolve differently."""
    assert [path.name for path in STYLESHEETS if "url(" in path.read_text()] == []
