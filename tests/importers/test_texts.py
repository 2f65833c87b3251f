"""Converting text: Markdown is preferred over HTML, and links point to our pages."""

import pytest

from community.core.markup import Markup
from community.forum.models import Post, Tag, Topic
from community.importers.models import ImportedRow, StagedRow
from community.importers.services.builders import texts
from community.importers.services.builders.bundle import load_bundle
from community.importers.services.builders.people import former_member
from community.importers.services.builders.texts import Text, Texts, texts_of
from community.importers.stackexchange.text import Links
from tests.factories.forum import TagFactory
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db
SITE = "https://beer.example.com"


@pytest.fixture
def asked(tmp_path) -> Dump:
    return Dump(tmp_path).user(1, DisplayName="Ann Field").user(2, DisplayName="Bob").question(10)


def load(dump):
    return load_bundle(prepare(dump), former_member(), after=0, size=10)


def staged(source_id: int, file: str = "posts") -> StagedRow:
    return StagedRow.objects.get(file=file, source_id=source_id)


def convert(file: str, markdown: str | None = None, **data: str) -> tuple[str, str, str]:
    """Return the source, markup and HTML of a row."""
    text, rendered = Texts(Links([]), {}).convert(StagedRow(file=file, source_id=1, data=data), markdown)
    return text.source, text.markup, rendered.html.strip()


def test_a_post_is_its_markdown():
    assert convert("posts", "*Typed\nby me.*", Body="<p>Shown.</p>") == (
        "*Typed\nby me.*",
        "commonmark",
        "<p><em>Typed\nby me.</em></p>",
    )
    assert convert("posts", "", Body="<p>Shown.</p>") == ("", "commonmark", "")


def test_a_post_without_markdown_stays_html():
    html = '<h1>Why</h1> <p onclick="x"><em>Shown.</em> [a](b) *c*</p>'
    kept = "<p><em>Shown.</em> [a](b) *c*</p>"

    assert convert("posts", Body=html) == (f"<h1>Why</h1> {kept}", "html", f"<h3>Why</h3> {kept}")
    assert convert("posts") == ("", "html", "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <b> & `c` &amp;", "a &lt;b&gt; &amp; <code>c</code> &amp;amp;"),
        (
            "*one* **two** _three_ [x](https://x.example)",
            "<em>one</em> <strong>two</strong> <em>three</em> "
            '<a href="https://x.example" rel="nofollow ugc noopener">x</a>',
        ),
        ("1. one\n2. two", "1. one\n2. two"),
        ("# not a heading", "# not a heading"),
        ("- no list", "- no list"),
        ("> no quote", "&gt; no quote"),
        ("    no code", "no code"),
        ("~~~ | a |", "~~~ | a |"),
        (r"C:\dir \( \*a\*", r"C:\dir \( *a*"),
        (
            "<https://x.example>",
            '&lt;<a href="https://x.example" rel="nofollow ugc noopener">https://x.example</a>&gt;',
        ),
        ("<![>", "&lt;![&gt;"),
    ],
)
def test_a_comment_shows_what_was_typed(text, html):
    assert convert("comments", Text=text)[1:] == ("html", f"<p>{html}</p>")


@pytest.mark.parametrize(
    "text", ["<![>", "a <![x] b", "<!DOCTYPE", "<?x", "</", "<b" * 3000, "&#x110000;", "]]>"]
)
@pytest.mark.parametrize("file", ["posts", "comments"])
def test_no_text_is_refused(file, text):
    failing = Texts(Links([]), {})
    for markdown in (text, None):
        failing.convert(StagedRow(file=file, source_id=1, data={"Body": text, "Text": text}), markdown)

    assert failing.failures.rows == {}


def test_a_text_that_cannot_be_converted_is_kept_as_plain_text(monkeypatch):
    def fail(*args):
        raise RecursionError

    monkeypatch.setattr(texts, "from_html", fail)
    failing = Texts(Links([]), {})

    text, rendered = failing.convert(StagedRow(file="posts", source_id=7, data={"Body": "a <b>\nc"}))

    assert (text.markup, rendered.html) == ("html", "<p>a &lt;b&gt;<br>c</p>")
    assert failing.failures.rows == {"kept as plain text (RecursionError)": ["posts 7"]}


@pytest.mark.parametrize(
    ("markdown", "body", "source", "noted"),
    [
        ("text\n1) a", "<p>text\n1) a</p>", "text\n1\\) a", False),
        ("1. a", "<ol><li>a</li></ol>", "1. a", False),
        ("1) a", "<ol><li>a</li></ol>", "1) a", False),
        ("a", "<p>b</p>", "a", True),
        (
            "see https://x.example",
            '<p>see <a href="https://x.example">X</a></p>',
            "see [X](https://x.example)",
            False,
        ),
    ],
)
def test_the_latest_version_reads_like_the_html_of_the_dump(markdown, body, source, noted):
    found = Texts(Links([]), {})

    text, _ = found.convert_latest(StagedRow(file="posts", source_id=1, data={"Body": body}), markdown)

    assert text == Text(source, Markup.COMMONMARK)
    assert bool(found.failures.rows) is noted


def test_formulas_are_compared_as_they_are_shown():
    found = Texts(Links([]), {}, formulas=True)
    row = StagedRow(file="posts", source_id=1, data={"Body": r"<p>$a_1 \\ b_1$</p>"})

    _, rendered = found.convert_latest(row, r"$a_1 \\ b_1$")

    assert rendered.html.startswith("<p><math")
    assert found.failures.rows == {}


def rewritten(bundle, markdown: str) -> str:
    found = texts_of(bundle)
    return found.links.rewrite(markdown, found.found.get)


@pytest.mark.parametrize("path", ["/q/10", "/q/10/2", "/questions/10", "/questions/10/what-are-hops"])
def test_texts_rewrite_links_to_questions(asked, path):
    asked.answer(11, to=10, Body=f'<p><a href="{SITE}{path}">this</a></p>')
    bundle = load(asked)

    source = rewritten(bundle, f"[this]({SITE}{path})")

    topic = Topic(pk=staged(10).topic_id, slug="question-10")
    assert source == f"[this]({topic.get_absolute_url()})"


def test_texts_label_bare_links_with_the_title(asked):
    asked.answer(11, to=10, Body=f"<p>See {SITE}/a/11</p>")
    bundle = load(asked)

    source = rewritten(bundle, f"See {SITE}/a/11")

    assert source == f"See [Question 10?]({Post(pk=staged(11).target_id).get_absolute_url()})"


def test_texts_rewrite_links_to_comments(asked):
    asked.add("comments", Id=5, PostId=10, Text=f"As in {SITE}/posts/comments/5")
    bundle = load(asked)

    source = rewritten(bundle, f"As in {SITE}/posts/comments/5")

    assert source == f"As in [comment]({Post(pk=staged(5, 'comments').target_id).get_absolute_url()})"


def test_texts_rewrite_links_to_people(asked):
    asked.answer(11, to=10, OwnerUserId=2, Body=f'<p><a href="{SITE}/users/2/bob">Bob</a></p>')
    bundle = load(asked)

    assert rewritten(bundle, f"[Bob]({SITE}/users/2/bob)") == (
        f"[Bob]({bundle.members[2].get_absolute_url()})"
    )


def test_texts_rewrite_links_to_tags(asked):
    tag = TagFactory(name="hops")
    asked.answer(11, to=10, Body=f'<p><a href="{SITE}/questions/tagged/hops">hops</a></p>')

    found = rewritten(load(asked), f"[hops]({SITE}/questions/tagged/hops)")

    assert found == f"[hops]({tag.get_absolute_url()})"
    assert Tag.objects.count() == 1


@pytest.mark.parametrize("path", ["/q/404", "/users/404/x", "/posts/comments/404", "/questions/tagged/none"])
def test_texts_keep_links_to_unknown_targets(asked, path):
    asked.answer(11, to=10, Body=f'<p><a href="{SITE}{path}">x</a></p>')

    assert rewritten(load(asked), f"[x]({SITE}{path})") == f"[x]({SITE}{path})"


@pytest.mark.parametrize("host", ["https://wine.example.com", "https://beer.example.com.evil.example"])
def test_texts_keep_links_to_other_sites(asked, host):
    asked.answer(11, to=10, Body=f'<p><a href="{host}/q/10">x</a></p>')

    assert rewritten(load(asked), f"[x]({host}/q/10)") == f"[x]({host}/q/10)"


def test_texts_rewrite_links_to_earlier_imports(tmp_path, asked, imported):
    imported(Dump(tmp_path / "old").user(1).question(90, Title="An old one"), name="old")
    old = ImportedRow.objects.get(kind="post", source_id=90).target_id
    asked.answer(11, to=10, Body=f"<p>{SITE}/q/90</p>")

    source = rewritten(load(asked), f"{SITE}/q/90")

    assert source == f"[#90]({Post(pk=old).get_absolute_url()})"


def test_texts_keep_links_in_code(asked):
    asked.answer(11, to=10, Body=f"<pre><code>{SITE}/q/10</code></pre>")

    assert rewritten(load(asked), f"`{SITE}/q/10`") == f"`{SITE}/q/10`"


def test_texts_drop_characters_the_database_refuses(asked):
    assert convert("posts", "a\x00b")[0] == "ab"


@pytest.mark.parametrize(
    ("written", "mentioned"),
    [("@AnnField", True), ("@annfield", True), ("@Bob", True), ("@Ann", False), ("@Carol", False)],
)
def test_texts_mention_participants_by_display_name(asked, written, mentioned):
    bundle = load(asked.answer(11, to=10, OwnerUserId=2))

    rendered = (
        texts_of(bundle).for_participants([1, 2], bundle).render(Text(f"Thanks {written}!", Markup.MARKDOWN))
    )

    assert ('class="mention"' in rendered.html) is mentioned


def test_texts_mention_participants_only(asked):
    bundle = load(asked.answer(11, to=10, OwnerUserId=2))

    assert (
        "mention"
        not in texts_of(bundle)
        .for_participants([1], bundle)
        .render(Text("Thanks @Bob!", Markup.MARKDOWN))
        .html
    )


def test_texts_do_not_mention_ambiguous_names(tmp_path):
    dump = Dump(tmp_path).user(1, DisplayName="Bob").user(2, DisplayName="bob").question(10)
    dump.answer(11, to=10, OwnerUserId=2)
    bundle = load(dump)

    assert (
        "mention"
        not in texts_of(bundle)
        .for_participants([1, 2], bundle)
        .render(Text("Thanks @Bob!", Markup.MARKDOWN))
        .html
    )


def test_texts_do_not_mention_former_members(asked):
    bundle = load(asked)

    assert texts_of(bundle).for_participants([404], bundle).mentions == {}


@pytest.mark.parametrize("links", [1, 4])
def test_texts_look_up_every_link_of_a_bundle_together(tmp_path, django_assert_max_num_queries, links):
    dump = Dump(tmp_path).user(1)
    for number in range(links):
        dump.question(10 + number, Body=f"<p>{SITE}/q/{10 + (number + 1) % links} {SITE}/users/1</p>")
    bundle = load(dump)

    with django_assert_max_num_queries(8):
        texts_of(bundle)
