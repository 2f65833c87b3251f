"""The markup languages of stored text, and how each is rendered."""

import pytest

from community.core.html_to_markdown import to_markdown
from community.core.markdown import linked_mentions, render
from community.core.markup import Markup

LINES = "Milan\nTurin\nGenoa"
LIST = "<ul>\n<li>Milk</li>\n<li>Oats</li>\n</ul>\n"


def shown(source, markup=Markup.MARKDOWN):
    return render(source, markup=markup).html


def test_single_line_breaks_are_kept_in_what_people_type():
    assert shown(LINES) == "<p>Milan<br>\nTurin<br>\nGenoa</p>\n"
    assert shown("> Milan\n> Turin") == "<blockquote>\n<p>Milan<br>\nTurin</p>\n</blockquote>\n"
    assert render(LINES).excerpt == "Milan Turin Genoa"


def test_single_line_breaks_of_commonmark_are_spaces():
    assert shown(LINES, Markup.COMMONMARK) == "<p>Milan\nTurin\nGenoa</p>\n"
    assert shown("•\tMilk\n•\tOats", Markup.COMMONMARK) == "<p>•\tMilk\n•\tOats</p>\n"


def test_line_breaks_in_blocks_of_html_show_but_not_those_beside_tags():
    html = "<details>\n<summary>Cities</summary>\nMilan\nTurin\n</details>"

    assert shown(html) == ("<details>\n<summary>Cities</summary>\nMilan<br>\nTurin\n</details>\n")
    assert shown(html, Markup.COMMONMARK) == f"{html}\n"
    assert shown("<pre>\nMilan\nTurin\n</pre>") == "<pre>Milan\nTurin\n</pre>\n"


@pytest.mark.parametrize(
    "source",
    [
        "•\tMilk\n•\tOats",
        "• Milk\n• Oats",
        "•\u00a0Milk\n•\u00a0Oats",
        "·\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0 Milk\n·         Oats",
        "o\tMilk\no\tOats",
        "o\u00a0\u00a0 Milk\no \u00a0 Oats",
        "§\tMilk\n§\tOats",
        "\uf0b7\tMilk\n\uf0a7\tOats",
        "–\tMilk\n–\tOats",
        "-\u00a0\u00a0Milk\n-\u00a0Oats",
        "   •\tMilk\n ▪\tOats",
        "●\t\tMilk\n✓ Oats",
    ],
)
def test_lists_pasted_from_word_processors_are_lists(source):
    assert shown(source) == LIST
    assert shown(f"Buy:\n{source}") == f"<p>Buy:</p>\n{LIST}"
    assert shown(f"> {source}".replace("\n", "\n> ")) == f"<blockquote>\n{LIST}</blockquote>\n"


def test_pasted_numbers_are_lists():
    assert shown("1.\u00a0\u00a0Milk\n2.\u00a0Oats") == LIST.replace("ul>", "ol>")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("```\n•\ta\n```", "<pre><code>•\ta\n</code></pre>\n"),
        ("    •\ta", "<pre><code>•\ta\n</code></pre>\n"),
        ("a • b\nc · d", "<p>a • b<br>\nc · d</p>\n"),
        ("•\n•a", "<p>•<br>\n•a</p>\n"),
        ("o well\n– really", "<p>o well<br>\n– really</p>\n"),
    ],
)
def test_bullets_elsewhere_stay_as_typed(source, html):
    assert shown(source) == html


def test_html_keeps_what_a_post_may_have():
    source = (
        "<h1>Title</h1><h2>Part</h2><div>one</div><div>two<script>x</script></div>"
        '<p onclick="x" style="y">a *b*\nc</p><a class="mention" href="/u/eve/">x</a>'
    )

    assert shown(source, Markup.HTML) == (
        "<h3>Title</h3><h4>Part</h4><div>one</div><div>two</div>"
        '<p>a *b*\nc</p><a href="/u/eve/" rel="nofollow ugc noopener">x</a>'
    )


def test_html_has_words_an_excerpt_and_mentions():
    source = "<p>Hello @ada,</p><blockquote>@bob said</blockquote><pre>@cy x</pre><div>one<br>two</div>"

    rendered = render(source, markup=Markup.HTML, mentions=lambda names: {n: f"/u/{n}/" for n in names})

    assert rendered.mentions == ("ada",)
    assert (rendered.words, rendered.excerpt) == (6, "Hello @ada, one two")
    assert rendered.text.split() == ["Hello", "@ada,", "@bob", "said", "@cy", "x", "one", "two"]


def test_linked_mentions_keep_their_targets():
    first = render("@Ada and @bob", mentions=lambda names: {"ada": "/u/ada-2/"})

    again = render("@Ada and @bob", mentions=linked_mentions(first.html))

    assert again == first
    assert linked_mentions("")(["ada"]) == {}


HTML = {
    "breaks": "<p>a<br>b</p><p>c d</p>",
    "nested list": "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    "code": '<pre><code class="language-sh">ls *\n_x_\n</code></pre><p><code>a_b*</code></p>',
    "marks as text": "<p>1. no, # x, *y*, _z_, [a](b), `c`, ~~d~~, &lt;b&gt;, a_b_c</p><p># x</p><p>- y</p>",
    "address with underscores": '<p>see <a href="https://example.com/a_b_c/">https://example.com/a_b_c/</a></p>',
    "inline": "<p>H<sub>2</sub>O <kbd>Q</kbd> <b>b</b> <del>no</del> <mark>m</mark></p>",
    "details": "<details><summary>More</summary>hidden</details>",
    "table": "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
    "wrapped lines": "<p>one\ntwo\n   three</p>",
    "link": '<p><a href="/t/1/x_y/">a</a></p>',
}


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_html_converted_to_markdown_shows_the_same_words_on_the_same_lines(html):
    before, after = render(html, markup=Markup.HTML), render(to_markdown(html))

    assert after.text.split() == before.text.split()
    assert after.html.count("<br>") == before.html.count("<br>")
    for tag in (
        "<ul",
        "<li",
        "<pre",
        "<code",
        "<sub",
        "<kbd",
        "<mark",
        "<details",
        "<td",
        "<strong",
        "<em",
        "<a ",
    ):
        assert after.html.count(tag) == before.html.replace("<b>", "<strong>").count(tag)


def test_html_nested_too_deeply_becomes_plain_text():
    assert "words" in to_markdown("<b>" * 5000 + "words")
