import time

import pytest
from django.http import HttpRequest, HttpResponse
from pygments.lexers import get_lexer_by_name

from community.core import links, markdown
from community.core.markdown import HIGHLIGHT_LIMIT, MAX_IMAGES, render
from community.core.rendered_html import attributes_of, text_of
from community.core.request_cache import RequestCache

PEOPLE = {"ada": "/u/ada/", "bo-2": "/u/bo-2/"}


def html_of(source: str) -> str:
    return render(source).html.strip()


def with_people(source: str):
    asked = []

    def resolve(names):
        asked.append(tuple(names))
        return {name: PEOPLE[name] for name in names if name in PEOPLE}

    return render(source, mentions=resolve), asked


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("plain *soft* **strong**", "<p>plain <em>soft</em> <strong>strong</strong></p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
    ],
)
def test_render_commonmark(source, html):
    assert html_of(source) == html


def test_render_starts_headings_below_the_title_of_the_page():
    assert html_of("# One\n\n## Two\n\n###### Six") == "<h3>One</h3>\n<h4>Two</h4>\n<h6>Six</h6>"


def test_render_keeps_relative_heading_levels():
    assert html_of("### Three\n\n##### Five") == "<h3>Three</h3>\n<h5>Five</h5>"


def test_render_of_a_whole_page_starts_with_its_sections():
    assert render("# One\n\n## Two", top=2).html == "<h2>One</h2>\n<h3>Two</h3>\n"


def test_render_aligns_tables_without_style():
    html = html_of("| a | b |\n|:--|--:|\n| 1 | 2 |")

    assert '<th align="left">a</th>' in html
    assert '<td align="right">2</td>' in html
    assert "style" not in html


def test_render_links_bare_urls_with_a_scheme_only():
    html = html_of("https://example.com/a?b=1, readme.md, ada@example.com")

    assert html == (
        '<p><a href="https://example.com/a?b=1" rel="nofollow ugc noopener">https://example.com/a?b=1</a>,'
        " readme.md, ada@example.com</p>"
    )


@pytest.mark.parametrize(
    "source",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,AAAA)",
        "<javascript:alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<a href=' javascript:alert(1)'>x</a>",
        '<a href="java\nscript:alert(1)">x</a>',
        "![x](javascript:alert(1))",
        '<img src="data:text/html,x">',
        '<img src="//evil.example/x.png">',
    ],
)
def test_render_refuses_active_urls(source):
    html = html_of(source)

    assert "href=" not in html
    assert "src=" not in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<ScRiPt src=x></ScRiPt>",
        "<iframe src=x></iframe>",
        "<style>p { color: red }</style>",
        "<svg onload=alert(1)>",
        "<form action=/x><button>y</button></form>",
        "a <object data=x> b",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<base href=//evil.example>",
        "<p style='x' class='button' id='main' onclick='y'>z</p>",
        "<a href='/x' onclick='y' class='mention' target='_blank' style='z'>z</a>",
        "<img src=/x.png onerror=alert(1)>",
    ],
)
def test_render_drops_active_tags_and_style_attributes(source):
    html = html_of(source).lower()

    for tag in ("<script", "<iframe", "<style", "<svg", "<form", "<button", "<object", "<math", "<base"):
        assert tag not in html
    opened = html.split("<")
    for attribute in (" on", " style=", " class=", " id=", " target="):
        assert not any(attribute in piece.partition(">")[0] for piece in opened if piece[:1].isalpha())


def test_render_shows_unknown_tags_as_they_were_typed():
    assert html_of("a List<String> and <my-tag x='1'>") == (
        "<p>a List&lt;String&gt; and &lt;my-tag x='1'&gt;</p>"
    )


def test_render_shows_a_block_of_unknown_html_as_text():
    assert html_of("<div class='x'>\nhello\n</div>") == (
        "<p>&lt;div class='x'&gt;<br>\nhello<br>\n&lt;/div&gt;</p>"
    )


def test_render_keeps_formatting_html():
    source = 'Press <kbd>Ctrl</kbd>, H<sub>2</sub>O, <a href="/x" title="t">x</a>'

    assert html_of(source) == (
        "<p>Press <kbd>Ctrl</kbd>, H<sub>2</sub>O,"
        ' <a href="/x" title="t" rel="nofollow ugc noopener">x</a></p>'
    )


def test_render_keeps_a_block_of_formatting_html():
    assert html_of("<details>\n<summary>More</summary>\nhidden\n</details>") == (
        "<details>\n<summary>More</summary>\nhidden\n</details>"
    )


def test_render_drops_comments():
    assert html_of("a <!-- note --> b\n\n<!-- language: lang-py -->\n\nc") == "<p>a  b</p>\n\n<p>c</p>"


def test_render_loads_uploaded_images_lazily():
    rendered = render("![A cup](/media/cup.png)")

    assert rendered.html.strip() == '<p><img src="/media/cup.png" alt="A cup" loading="lazy"></p>'
    assert rendered.images == 1


REMOTE = (
    '<a class="remote-image" href="https://a.example/cup.png" rel="noreferrer noopener nofollow ugc"'
    ' target="_blank"><i class="icon i-image"></i> {name} <small>a.example</small></a>'
)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("![A *cup*](https://a.example/cup.png)", REMOTE.format(name="A cup")),
        ('<img src="https://a.example/cup.png" width="9" alt="A cup">', REMOTE.format(name="A cup")),
        ("![](https://a.example/cup.png)", REMOTE.format(name="cup.png")),
        ('![A cup](https://a.example/cup.png "a src=")', REMOTE.format(name="A cup")),
        ("![a src=](https://a.example/cup.png)", REMOTE.format(name="a src=")),
        (
            "[![cup](https://a.example/cup.png)](/t/1/)!",
            '<a href="/t/1/" rel="nofollow ugc noopener">cup</a> ' + REMOTE.format(name="cup") + "!",
        ),
    ],
)
def test_render_shows_images_of_other_sites_as_links(source, html):
    rendered = render(source)

    assert rendered.html == f"<p>{html}</p>\n"
    assert (rendered.images, rendered.excerpt.strip("!")) == (1, "")
    assert links.hrefs(rendered.html) == (["/t/1/"] if "/t/1/" in source else [])


def test_unknown_elements_with_colons_are_dropped():
    html = 'a <x:y class="b">c</x:y> <http:code class="d">e'

    assert render(html, markup="html").html == "a c e"


@pytest.mark.parametrize("text", ["a src=", "a href=", "a alt=", "a title="])
def test_names_of_attributes_in_texts_hide_no_address(text):
    html = render(f'![{text}](/media/cup.png "{text}") [x](https://a.example/ "{text}")').html

    assert attributes_of(html).split("\n") == ["/media/cup.png", text, "https://a.example/", text]
    assert text_of(html) == f"{text} x"


def test_render_shows_images_of_other_sites_in_html_as_links():
    html = '<div><img src="https://a.example/cup.png" alt="A cup"></div>'

    assert render(html, markup="html").html == f"<div>{REMOTE.format(name='A cup')}</div>"


def test_render_loads_images_of_the_hosts_in_the_setting(settings):
    settings.IMAGE_HOSTS = ["cdn.example"]

    assert '<img src="https://cdn.example/a.png"' in html_of("![x](https://cdn.example/a.png)")
    assert "<img" not in html_of("![x](https://cdn.example.evil.example/a.png)")


@pytest.mark.parametrize(
    "source",
    [
        "/me/",
        "/media/../me/",
        "/media/%2e%2e/me/",
        "https://club.example/me/",
        "https://CLUB.example:8443/me/",
        "http://ada@club.example/me/",
        "https://club.example./me/",
        "https://club%2Eexample/me/",
        "https://ｃlub。example/me/",
        "https:/me/",
        "https:///club.example/me/",
        "//club.example/me/",
        "/\\evil.example/x.png",
        "me/",
    ],
)
def test_render_refuses_images_from_our_own_pages(settings, source):
    settings.SITE_URL = "https://club.example"

    assert "src=" not in html_of(f'<img src="{source}" alt="x">')
    assert "src=" not in html_of(f"![x]({source})")


@pytest.mark.parametrize(
    "source",
    [
        "/media/cups/1.png",
        "https://club.example/media/1.png",
    ],
)
def test_render_shows_uploads(settings, source):
    settings.SITE_URL = "https://club.example"

    assert f'src="{source}"' in html_of(f'<img src="{source}" alt="x">')


def test_render_shows_the_alt_text_of_images_beyond_the_limit():
    images = [f"![cup {n}](/media/{n}.png)" for n in range(MAX_IMAGES)]
    html = html_of(" ".join([*images, '<img src="/media/last.png" alt="the last">']))

    assert html.count("src=") == MAX_IMAGES
    assert html.endswith('<img loading="lazy" alt="the last"></p>')


def test_render_keeps_only_numbers_for_sizes():
    html = html_of('<img src="/a.png" width="40" height="100%" alt="x">')

    assert 'width="40"' in html
    assert "height" not in html


def test_render_colours_code_of_a_known_language():
    html = html_of('```python\nprint("<b>")\n```')

    assert html.startswith('<pre><code class="language-python"><span class="nb">print</span>')
    assert "&lt;b&gt;" in html
    assert "style" not in html


def test_first_code_of_a_process_is_coloured_however_long_its_lexer_takes_to_load(monkeypatch):
    def slow(*args, **options):
        until = time.thread_time() + 2 * markdown.COLOURING
        while time.thread_time() < until:
            pass
        return get_lexer_by_name(*args, **options)

    monkeypatch.setattr(markdown, "get_lexer_by_name", slow)

    assert '<span class="nb">print</span>' in html_of('```python\nprint("<b>")\n```')


@pytest.mark.parametrize("language", ["no-such-thing", "", '"><script>', "python\x00"])
def test_render_shows_code_of_unknown_languages_without_colours(language):
    html = html_of(f"```{language}\na < b\n```")

    assert "a &lt; b\n</code></pre>" in html or "<span" in html
    assert "<script" not in html


def test_render_does_not_colour_very_long_code():
    html = html_of("```python\n" + "x = 1\n" * (HIGHLIGHT_LIMIT // 6 + 1) + "```")

    assert "<span" not in html


def test_render_links_mentions_from_the_resolver():
    rendered, asked = with_people("Thanks @Ada, and @bo-2, and @nobody!")

    assert rendered.html.strip() == (
        '<p>Thanks <a class="mention" href="/u/ada/" rel="nofollow ugc noopener">@Ada</a>, and'
        ' <a class="mention" href="/u/bo-2/" rel="nofollow ugc noopener">@bo-2</a>, and @nobody!</p>'
    )
    assert rendered.mentions == ("ada", "bo-2")
    assert asked == [("ada", "bo-2", "nobody")]


def test_render_returns_each_mention_once():
    rendered, _ = with_people("@ada @Ada [x](https://example.com) @ada")

    assert rendered.mentions == ("ada",)


@pytest.mark.parametrize(
    "source",
    [
        "`@ada`",
        "    @ada",
        "```\n@ada\n```",
        "me@ada",
        "[@ada](/x)",
        "https://example.com/@ada",
        "@@ada",
        "@ada@b",
        "é@ada",
        "<q>@ada</q>",
        "<kbd>@ada</kbd>",
        "<samp>Mail to <b>@ada</b></samp>",
        "<var>@ada</var>",
        "> @ada",
        "> a\n@ada",
        "- > @ada",
    ],
)
def test_render_ignores_mentions_in_code_quotations_links_and_emails(source):
    rendered, _ = with_people(source)

    assert rendered.mentions == ()
    assert "mention" not in rendered.html


@pytest.mark.parametrize(
    "source", ["看@ada。", "你好@ada，谢谢", "@adaさん", "@ada님 안녕하세요", "ขอบคุณ@adaครับ"]
)
def test_render_links_mentions_next_to_scripts_without_spaces(source):
    rendered, _ = with_people(source)

    assert rendered.mentions == ("ada",)
    assert ">@ada</a>" in rendered.html


def test_render_does_not_call_the_resolver_without_mentions():
    _, asked = with_people("No names here.")

    assert asked == []


def test_render_without_a_resolver_leaves_mentions_as_text():
    rendered = render("Hello @ada")

    assert rendered.html.strip() == "<p>Hello @ada</p>"
    assert rendered.mentions == ()


def test_render_escapes_the_resolvers_urls():
    rendered = render("@ada", mentions=lambda names: {"ada": '/u/"><script>'})

    assert "<script" not in rendered.html


def test_render_counts_words_of_prose_only():
    rendered = render("One two *three*\nfour `five`\n\n```\nnot these\n```\n\n> six seven")

    assert rendered.words == 7


def test_render_excerpt_is_one_line_without_code_and_quotes():
    rendered = render(
        "> You said so\n\n# It works\n\nI *cleaned* it.\n\n```\ncode\n```\n\nThanks List<T> @ada"
    )

    assert rendered.excerpt == "It works I cleaned it. Thanks List<T> @ada"


def test_render_excerpt_of_nothing_but_a_quote_is_the_quote():
    assert render("> You said so").excerpt == "You said so"


def test_render_of_nothing():
    rendered = render("")

    assert (rendered.html, rendered.words, rendered.excerpt, rendered.images) == ("", 0, "", 0)


def test_render_of_the_same_text_is_parsed_once_in_a_request():
    def view(request):
        one, same, other = render("Some *words*"), render("Some *words*"), render("Other *words*")
        return HttpResponse([one.html is same.html, other.html == "<p>Other <em>words</em></p>\n"])

    response = RequestCache(view)(HttpRequest())

    assert response.content == b"TrueTrue"
