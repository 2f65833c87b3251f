"""Bare URLs in what people type become links that end where readers expect."""

import re

import pytest

from community.core.markdown import render


def linked(source):
    return re.findall(r'<a href="([^"]*)"[^>]*>', render(source).html)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("看https://example.org/a。然后", "https://example.org/a"),
        ("请看（https://example.org/a）吧", "https://example.org/a"),
        ("【https://example.org/a】", "https://example.org/a"),
        ("「https://example.org/a?b=1」を", "https://example.org/a?b=1"),
        ("https://example.org/a、https", "https://example.org/a"),
        ("https://example.org/a　次", "https://example.org/a"),
        ("https://example.org！", "https://example.org"),
        ("https://example.org/a이에요", "https://example.org/a"),
        ("https://example.org/a에서 보세요", "https://example.org/a"),
        ("ดูhttps://example.org/aแล้ว", "https://example.org/a"),
        ("看https://example.org/a然后", "https://example.org/a"),
        ("“https://example.org/a”…", "https://example.org/a"),
        ("«https://example.org/a»", "https://example.org/a"),
        ("https://ja.wikipedia.org/wiki/日本、", "https://ja.wikipedia.org/wiki/日本"),
        ("https://ja.wikipedia.org/wiki/ヴィンチ・レオ。", "https://ja.wikipedia.org/wiki/ヴィンチ・レオ"),
        ("https://例え.jp/パス。", "https://例え.jp/パス"),
        ("https://ru.wikipedia.org/wiki/Москва-река, да", "https://ru.wikipedia.org/wiki/Москва-река"),
        ("https://he.wikipedia.org/wiki/ירושלים.", "https://he.wikipedia.org/wiki/ירושלים"),
        ("(https://en.wikipedia.org/wiki/A_(b)).", "https://en.wikipedia.org/wiki/A_(b)"),
        ("https://example.org/a(see b", "https://example.org/a"),
        ("https://example.org/?x[]=1&y={z}!", "https://example.org/?x[]=1&amp;y={z}"),
        ("**https://example.org/a**", "https://example.org/a"),
        ("https://example.org/a_b_c*d*e", "https://example.org/a_b_c*d*e"),
        ("~~https://example.org/a~~", "https://example.org/a"),
        ("HTTPS://EXAMPLE.ORG/A, b", "HTTPS://EXAMPLE.ORG/A"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("https://example.org/a?b=1&lt;c", "https://example.org/a?b=1"),
        ('"https://example.org/a"', "https://example.org/a"),
        ("https://example.org/@ada", "https://example.org/@ada"),
        ("mailto:ada@example.org。然后", "mailto:ada@example.org"),
    ],
)
def test_bare_link_ends_where_a_reader_expects(source, address):
    assert linked(source) == [address]
    assert linked(f"- {source}\n") == [address]


@pytest.mark.parametrize(
    "source",
    [
        "http://",
        "https://-",
        "xhttp://a.b",
        r"http\://a.b",
        "`http://a.b`",
        "ada@example.org。",
        "example.org。然后",
        "a.b://c",
    ],
)
def test_other_text_is_not_linked(source):
    assert linked(source) == []


def test_bare_links_in_links_stay_text():
    assert linked("[see https://a.example/x](https://b.example)") == ["https://b.example"]
    assert linked('<a href="https://b.example">https://a.example</a>') == ["https://b.example"]
    assert linked("https://a.example[x](https://b.example)") == ["https://a.example", "https://b.example"]
    assert linked("https://a.example https://b.example") == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("这是**重要。**内容", "这是<strong>重要。</strong>内容"),
        ("**この文（sentence）？**残念", "<strong>この文（sentence）？</strong>残念"),
        ("我可以**这个`code`**吗", "我可以<strong>这个<code>code</code></strong>吗"),
        ("**이 용어(This term)**를 강조", "<strong>이 용어(This term)</strong>를 강조"),
        ("他说**“好”**了", "他说<strong>“好”</strong>了"),
        ("ผม**คำ (x)**ต่อ", "ผม<strong>คำ (x)</strong>ต่อ"),
        ("这~~删除。~~了", "这<s>删除。</s>了"),
        ("这_个_吗", "这_个_吗"),
        ("葛\U000e0100**(x)**葛", "葛\U000e0100<strong>(x)</strong>葛"),
        ("a**“b”**c", "a**“b”**c"),
        ("é**x.**é", "é**x.**é"),
    ],
)
def test_emphasis_beside_cjk_punctuation(source, html):
    assert render(source).html == f"<p>{html}</p>\n"


def test_imports_keep_the_emphasis_of_commonmark():
    assert render("这是**重要。**内容", markup="commonmark").html == "<p>这是**重要。**内容</p>\n"
