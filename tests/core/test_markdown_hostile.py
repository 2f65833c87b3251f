"""render() is fast and returns safe HTML for any input."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from community.core.markdown import TAGS, render
from tests.support import corpus

ATTRIBUTES = {
    "href",
    "title",
    "class",
    "rel",
    "src",
    "alt",
    "width",
    "height",
    "loading",
    "start",
    "align",
    "colspan",
    "rowspan",
}


class Seen(HTMLParser):
    """Collects every tag and attribute that a browser would parse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(source: str) -> None:
    rendered = render(source, mentions=lambda names: {name: f"/u/{name}/" for name in names})
    seen = Seen(rendered.html)
    assert seen.tags <= TAGS
    for name, value in seen.attributes:
        assert name in ATTRIBUTES
        if name in ("href", "src"):
            scheme = re.match(r"\s*([a-zA-Z][\w+.-]*):", value)
            assert scheme is None or scheme.group(1).lower() in ("http", "https", "mailto")
    assert "\x00" not in rendered.html
    rendered.html.encode()
    rendered.excerpt.encode()
    assert len(rendered.excerpt) <= 280


def test_naughty_strings_are_harmless():
    strings = corpus("blns/blns.json")

    assert len(strings) >= 500
    for string in strings:
        assert_harmless(string)


def test_commonmark_examples_are_harmless():
    examples = corpus("commonmark/spec_examples.json")

    assert len(examples) >= 600
    for example in examples:
        assert_harmless(example["markdown"])
        assert_harmless(example["html"])


@given(st.text())
def test_any_text_is_harmless(source):
    assert_harmless(source)


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<a ",
        "<img ",
        "<p>",
        "</p>",
        "<svg>",
        "<math>",
        "<style>",
        "<script>",
        "href=",
        "src=",
        "onerror=",
        "style=",
        '"',
        "'",
        "`",
        "```",
        "~~~",
        "javascript:",
        "data:",
        "&#x6a;",
        "&lt;",
        "[",
        "](",
        ")",
        "![",
        "*",
        "_",
        "|",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "@ada",
        "http://x",
        "\\",
        "\x00",
        "\ud800",
        "\u202e",
        "x",
        " ",
    ]
)


@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_mixture_of_markup_is_harmless(source):
    assert_harmless(source)


LONG = {
    "brackets": "[" * 30_000,
    "emphasis": "*a_ " * 8_000,
    "quotes": "> " * 16_000,
    "links": "[a](<" * 6_000,
    "ticks": "".join("e" + "`" * n for n in range(250)),
    "tables": "|x" * 4_000 + "\n" + "|-" * 4_000 + "\n" + "|y" * 8_000,
    "lists": "- " * 15_000,
    "mentions": "@a" * 16_000,
    "addresses": "http://" * 4_000,
    "entities": "&" * 32_000,
    "images": "![[]()" * 5_000,
    "open tags": "<a " * 10_000,
    "open comments": "<!--" * 8_000,
    "attributes": "<a " + "b='" * 10_000 + ">",
    "attribute names": "<a " + "a" * 31_900 + ">",
    "inline attribute names": "x <a h" + "-" * 31_900 + ">",
    "java": "```java\n" + "a " * 9_900 + "\n```",
    "c#": "```csharp\n" + "a\n" * 9_900 + "```",
    "many blocks": "```java\n{}\n```\n".format("a " * 1_000) * 15,
    "a lexer with a trap": "```ng2\n" + "(" * 5_000 + "\n```",
    "nested tags": "<b>" * 10_000,
    "unclosed code": "```python\n" + "'''" * 10_000,
}


@pytest.mark.parametrize("source", LONG.values(), ids=LONG)
def test_long_and_hostile_texts_are_fast(source):
    begun = time.thread_time()
    assert_harmless(source)

    assert time.thread_time() - begun < 10  # CPU seconds, which do not depend on the machine's load
