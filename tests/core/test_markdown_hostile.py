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
    "target",
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
def test_long_and_hostile_texts_are_harmless(source):
    assert_harmless(source)


SIZE = 40_000
# Short pieces that are slow when repeated: marks, links, blocks and tags of every kind.
UNITS = [
    *(
        "*a",
        "_a_",
        "***a***",
        "**a** ",
        "*_*_",
        "~~a",
        "`a",
        "e`",
        "&",
        "&a;",
        "\\(",
        "\n",
        "a\n",
        "  \n",
        "<",
        "$a$",
    ),
    *("[", "![", "![[", "[](", "[x](", "[a](b)", "![a](b)", "[a](<", '[a](b "', "[a]: b\n", "[^1]", "[a\\]("),
    "![](" + "a" * 20,
    "![](//a.b)",
    *(
        "<http://",
        "<http://a>",
        "<a@b.c>",
        "http://",
        "http://a ",
        "https://a.b/( ",
        "//a.b/",
        "ａ://b/",
        "www.a",
    ),
    *("mailto:", "mailto:a@b.c ", "a@b.c", "@a", "@ada ", "://", "a:"),
    *(
        "- a\n",
        "•\ta\n",
        "•\ta\n\n",
        "> ",
        "> a\n",
        "1. ",
        "- ",
        "# a\n",
        "a\n===\n",
        "= \n",
        "* * *\n",
        "    a\n\n",
    ),
    *("```\n", "```python\na\n```\n", "| a ", "|a|\n", "a|b\n-|-\n", "<div>\n\n", "<!--", "<?", "<![CDATA["),
    *("<b>", "<b><p>", "<i><b><s>", "<ul>", "<ol><li>", "<dl>", "<p>", "</p>", "<br>", "<table><tr>", "<td>"),
    *(
        "<blockquote>",
        "<details>",
        "<img src=/a>",
        "<img src=//a.b>",
        "<a href=",
        "<a b='",
        "<svg><a>",
        "<a><b>",
    ),
]


# Pieces whose pairs are repeated too: what ends a line, a block or a link may make what follows it slow.
MARKS = ["[", "(", "<", "*", "`", "&", "a", "\n", ">", "|", "@a ", "$"]
# CPU of the dearest text by that of the reference loop, which takes half a second on a slow core.
MAX_COST = 0.55


def cost_of(work) -> float:
    """CPU seconds."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def relative_cost(source: str, markup: str) -> float:
    """CPU of rendering the text by that of a loop run right after it, so that the machine's speed does not matter."""
    cost = cost_of(lambda: render(source, markup=markup, mentions=lambda names: {}, formulas=True))
    return cost / cost_of(lambda: sum(n * n for n in range(100_000))) / 50


def dear(units: list[str], markup: str) -> list[tuple[str, float]]:
    """Return the units that are dear when repeated, measured again to rule out that another process was in the way."""
    found = []
    for unit in units:
        source = "".join(unit.replace("{}", str(n)) for n in range(SIZE // len(unit) + 1))[:SIZE]
        if relative_cost(source, markup) > MAX_COST:
            again = min(relative_cost(source, markup) for _ in range(3))
            found += [(unit, again)] if again > MAX_COST else []
    return found


@pytest.mark.parametrize("markup", ["markdown", "html"])
def test_no_repeated_mark_costs_much(markup):
    assert dear([*UNITS, *(["<b id={}><p>", "<font size={}>a"] if markup == "html" else [])], markup) == []


@pytest.mark.parametrize("first", MARKS)
def test_no_repeated_pair_of_marks_costs_much(first):
    assert dear([first + second for second in MARKS], "markdown") == []


TEX = [
    "x",
    "x'",
    "a&",
    "<",
    "!",
    "{}",
    "-1",
    "_a^b",
    "\\sqrt{a}",
    "\\frac12",
    "\\begin{matrix}a&b\\\\\\end{matrix}",
]


@pytest.mark.parametrize("times", [1, 3, 12, 120])
def test_no_formula_costs_much(times):
    assert dear([f"${(tex * times)[:900]}$ " for tex in TEX], "markdown") == []


def test_text_over_the_budget_is_shown_as_typed():
    source = "- *a* <b>\n" * 4_000

    assert render(source).html == "<p>" + "- *a* &lt;b&gt;<br>\n" * 4_000 + "</p>\n"
    assert render(source).text.splitlines()[0] == "- *a* <b>"


@pytest.mark.parametrize(
    "source",
    [
        "- some words of a list item, forty chars..\n" * 740,
        "| some words | other word | 12.50 | yes |\n| - | - | - | - |\n"
        + "| a word | other | 12.50 | yes |\n" * 700,
        "This is **bold** and *it* and `code` [a](https://b.c/d) ok. " * 500,
        "a short line\n" * 2_400,
        "word " * 8 + "\n\n" * 700,
    ],
)
def test_long_texts_that_people_write_are_within_the_budget(source):
    html = render(source[:32_000]).html

    assert any(tag in html for tag in ("<li>", "<td>", "<strong>", "<br>", "<p>word"))
    assert not html.startswith(("<p>- ", "<p>|", "<p>This is **"))


def test_references_cannot_repeat_long_addresses():
    assert len(render(f"[a]: /{'x' * 20_000}\n\n" + "[a] " * 5_000).html) < 200_000


def test_tangled_html_becomes_plain_text():
    html = "".join(f"<b id={n}><p>word {n}" for n in range(2_000))

    assert render(html, markup="html").html.startswith("<p>word 0word 1word 2")
