"""Formulas between dollars, in categories that have them."""

import re

import pytest

from community.core.markdown import render
from community.core.rendered_html import excerpt_of, text_of


def shown(source, markup="markdown"):
    return render(source, markup=markup, formulas=True)


def sources(html):
    return re.findall(r'<annotation encoding="application/x-tex">([^<]*)</annotation>', html)


@pytest.mark.parametrize(
    ("source", "formulas"),
    [
        (r"Let $\{a\}$ and $x*y*z$ be", [r"\{a\}", "x*y*z"]),
        ("$a_1$, **$b_2$** and ($c$).", ["a_1", "b_2", "c"]),
        ("- $[x](y)$\n- $a<b$", ["[x](y)", "a&lt;b"]),
        ("$$x^2$$", ["x^2"]),
        ("so $$x^2$$ is", ["x^2"]),
        ("$$\nx = y\n- z\n> 0\n$$\nend", ["x = y\n- z\n&gt; 0"]),
        ("> $$\n> x\n> $$", ["x"]),
        (r"$\$5$", [r"\$5"]),
        ("| $x_1$ | b |\n|-|-|\n| $y_1$ | c |", ["x_1", "y_1"]),
        ("$@ada$", ["@ada"]),
    ],
)
def test_formulas_are_kept_verbatim(source, formulas):
    rendered = shown(source)

    assert sources(rendered.html) == formulas
    assert "<em>" not in rendered.html
    assert all(formula.replace("&lt;", "<").replace("&gt;", ">") in rendered.text for formula in formulas)
    assert text_of(rendered.html) == rendered.text
    assert excerpt_of(rendered.html) == rendered.excerpt


@pytest.mark.parametrize(
    "source",
    [
        "It costs $5 and $10.",
        "$5-$10, $5, $ 6 $ and US$7",
        "$5 million, or 10$ each",
        r"\$x\$",
        "`$x$`",
        "```\n$x$\n```",
        "    $$x$$",
        "$$\nx\n\n$$",
        "[a](/t/$x$)",
    ],
)
def test_other_dollars_are_text(source):
    assert "<math" not in shown(source).html
    assert "$" in shown(source).html


def test_formula_is_mathml_with_its_source():
    assert shown("$x^2$").html == (
        '<p><math display="inline" alttext="x^2" title="x^2"><semantics><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow>'
        '<annotation encoding="application/x-tex">x^2</annotation></semantics></math></p>\n'
    )
    assert '<math display="block"' in shown("$$x$$").html


def test_environments_have_rows_and_columns():
    for name in ("aligned", "align", "gathered", "cases", "pmatrix", "split"):
        html = shown(f"$$\\begin{{{name}}} a &= b \\\\ c &= d \\end{{{name}}}$$").html
        assert html.count("<mtr>") == 2
        assert "<mi>&amp;</mi>" not in html


@pytest.mark.parametrize(
    "tex",
    [
        "{",
        "x^",
        r"\left(",
        r"\nosuch",
        "{" * 400 + "}" * 400,
        r"\frac{" * 60 + "}" * 60,
        "x" * 2_000,
        r"\begin{x}",
        "&",
        "\\",
    ],
)
def test_invalid_formulas_show_their_source(tex):
    html = shown(f"${tex}$ end").html

    assert "<math" not in html or "&amp;" in html
    assert "end" in html


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{button}{x}",
        r"\color{red;x}{y}",
        r"\rule{99999px}{99999px}",
        r'x"onclick="alert(1)',
    ],
)
@pytest.mark.parametrize("markup", ["markdown", "html"])
def test_formulas_are_harmless(tex, markup):
    html = shown(f"${tex}$" if markup == "markdown" else f"<p>${tex}$</p>", markup).html
    tags = re.findall(r'<[a-z][^<>"]*(?:"[^"]*"[^<>"]*)*>', html)

    assert not any(re.match(r"<(script|img|a)\b", tag) for tag in tags)
    for tag in tags:
        names = re.findall(r' ([a-z]+)="', re.sub(r'="[^"]*"', '=""', tag))
        assert not {"href", "style", "class", "onclick", "onerror"}.intersection(names) or "<code" in tag
    assert "99999px" not in re.sub(
        r'(alttext|title)="[^"]*"|<annotation.*?</annotation>|<code>.*?</code>', "", html
    )


def test_formulas_of_html_are_found_in_its_text():
    html = shown("<p>Let $a &lt; b$, <code>$x$</code> and <a href='/x'>$y$</a></p>", "html").html

    assert sources(html) == ["a &lt; b"]


def test_without_the_setting_dollars_are_text():
    assert render("$x*y*z$").html == "<p>$x<em>y</em>z$</p>\n"


def test_many_formulas_show_their_source():
    html = shown("$x_1$ " * 5_000).html

    assert 200 < html.count("<math") < 5_000


@pytest.mark.parametrize(
    "tex", [r"\raise50em{x}", r"\lower9em x", r"\moveleft50em x", r"\hspace{-50em}x", r"\kern-9em x"]
)
def test_formulas_stay_at_their_place(tex):
    html = shown(f"${tex}$").html

    assert re.findall(r' (?:voffset|lspace|rspace|width)="[^"]*"', html) == []


def test_code_is_no_formula_where_there_are_none():
    assert "<math" not in render("```tex-inline\nx^2\n```").html
