"""HTML in Markdown: formatting is kept, active content removed, and literal text shown as text."""

import pytest

from community.core.raw_html import ATTRIBUTES, BLOCK, INLINE, filtered, filtered_block


@pytest.mark.parametrize("tag", sorted(INLINE - {"br", "img"}))
def test_filtered_keeps_formatting(tag):
    assert filtered(f"<{tag}>x</{tag}>") == f"<{tag}>x</{tag}>"


@pytest.mark.parametrize("tag", sorted(BLOCK - {"hr"}))
def test_filtered_keeps_block_elements(tag):
    assert filtered(f"<{tag.upper()}>x</{tag}>") == f"<{tag}>x</{tag}>"


@pytest.mark.parametrize(
    "tag",
    ["script", "style", "iframe", "object", "form", "input", "svg", "math", "base", "link", "meta", "body"],
)
def test_filtered_shows_active_content_as_text(tag):
    found = filtered(f"<{tag} src=x>y</{tag}>")

    assert f"<{tag}" not in found
    assert f"&lt;{tag}" in found


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("List<String>", "List&lt;String&gt;"),
        ("a < b > c", "a &lt; b &gt; c"),
        ("<my-tag/>", "&lt;my-tag/&gt;"),
        ("<<b>>", "&lt;<b>&gt;"),
        ("< b>", "&lt; b&gt;"),
        ("<b", "&lt;b"),
        ("<>", "&lt;&gt;"),
        ("<123>", "&lt;123&gt;"),
    ],
)
def test_filtered_shows_invalid_tags_as_text(source, shown):
    assert filtered(source) == shown


@pytest.mark.parametrize("comment", ["<!-- x -->", "<!-- <script> -->", "<!-- never closed <b>", "<!---->"])
def test_filtered_drops_comments(comment):
    assert filtered(f"a{comment}") == "a"


@pytest.mark.parametrize(
    "attributes",
    [
        "onclick=alert(1)",
        'style="color:red"',
        "class=x",
        "id=top",
        "data-x=1",
        "ONERROR='x'",
        "formaction=/x",
    ],
)
@pytest.mark.parametrize("tag", ["b", "a", "img", "td"])
def test_filtered_drops_event_handlers_and_styles(tag, attributes):
    assert filtered(f"<{tag} {attributes}>") == f"<{tag}>"


@pytest.mark.parametrize(
    ("tag", "name"), [(tag, name) for tag, names in sorted(ATTRIBUTES.items()) for name in sorted(names)]
)
def test_filtered_keeps_allowed_attributes(tag, name):
    assert filtered(f"<{tag} {name.upper()}='1'>") == f'<{tag} {name}="1">'


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('href="/x"', ' href="/x"'),
        ("href='/x'", ' href="/x"'),
        ("href=/x", ' href="/x"'),
        ('href = "/x"', ' href="/x"'),
        ('href="/x?a=1&amp;b=2"', ' href="/x?a=1&amp;b=2"'),
        ('href="/x?a=1&b=2"', ' href="/x?a=1&amp;b=2"'),
        ("href='a\"b'", ' href="a&quot;b"'),
        ('title="&lt;b&gt;"', ' title="&lt;b&gt;"'),
        ('href=""', ' href=""'),
        ("href", ""),
    ],
)
def test_filtered_normalizes_attributes(written, kept):
    assert filtered(f"<a {written}>x</a>") == f"<a{kept}>x</a>"


def test_filtered_escapes_quotes_in_attributes():
    assert filtered("<a title='\" onclick=\"x'>") == '<a title="&quot; onclick=&quot;x">'


@pytest.mark.parametrize(
    ("source", "block"),
    [
        ("<p>x</p>", "<p>x</p>\n"),
        ("<details><summary>a</summary></details>", "<details><summary>a</summary></details>\n"),
        ("<b>x</b>", "<p><b>x</b></p>\n"),
        ("<custom>x</custom>", "<p>&lt;custom&gt;x&lt;/custom&gt;</p>\n"),
        ("<!-- nothing -->", "\n"),
        ("", "\n"),
        ("</p>", "</p>\n"),
    ],
)
def test_filtered_block_wraps_loose_text(source, block):
    assert filtered_block(source) == block


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<a href=", '<a href="', "a=", "<b ", "&lt;"])
def test_filtered_is_linear(piece):
    source = piece * 20_000

    assert len(filtered(source)) <= len(source) * 6
