"""Convert HTML to the Markdown that people type here."""

import re
from typing import Any

from markdownify import MarkdownConverter

from community.core.raw_html import without_tags

# Texts with more tags, which take longer to convert than somebody should wait, become plain text.
MAX_TAGS = 4_000

# Elements without a mark in Markdown, which render() keeps as they are.
_KEPT = ("del", "ins", "kbd", "mark", "q", "samp", "small", "sub", "sup", "u", "var")
# What Markdown would read as a mark; an underscore within a word is none.
_MARKS = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_LINE_MARKS = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")


class _Converter(MarkdownConverter):
    """Markdownify with line breaks as the page shows them, and nothing that turns into other markup."""

    def escape(self, text: str, parent_tags: Any) -> str:
        text = _MARKS.sub(r"\\\g<0>", text)
        return _LINE_MARKS.sub(_escaped_line_mark, text)

    def convert_details(self, element: Any, text: str, parent_tags: Any) -> str:
        return f"\n\n<details>\n\n{text.strip()}\n\n</details>\n\n"

    def convert_summary(self, element: Any, text: str, parent_tags: Any) -> str:
        return f"<summary>{text.strip()}</summary>\n\n"


def _keep(self: MarkdownConverter, element: Any, text: str, parent_tags: Any) -> str:
    return f"<{element.name}>{text}</{element.name}>" if text.strip() else text


for _tag in _KEPT:
    setattr(_Converter, f"convert_{_tag}", _keep)


def to_markdown(html: str) -> str:
    """Convert HTML to Markdown; to plain text if it has very many tags or is nested too deeply."""
    if html.count("<") > MAX_TAGS:
        return without_tags(html).strip()
    converter = _Converter(
        heading_style="ATX",
        bullets="-",
        wrap=True,
        wrap_width=None,
        table_infer_header=True,
        code_language_callback=_language,
    )
    try:
        return str(converter.convert(html)).strip()
    except RecursionError:
        return without_tags(html).strip()


def _escaped_line_mark(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def _language(element: Any) -> str:
    """Return the language of a `pre`, which is a class of the `code` in it."""
    names = (element.code or {}).get("class") or []
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")
