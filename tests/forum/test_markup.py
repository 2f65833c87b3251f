"""Posts in other markup than what people type: imports in CommonMark and HTML."""

import importlib

import pytest
from django.apps import apps
from django.core.management import call_command

from community.core import page_cache
from community.core.markup import Markup
from community.events.models import Event
from community.forum.models import Post
from community.forum.services import posts, rendering, topics
from community.importers.models import ImportBatch, ImportedRow
from community.moderation.models import AuditEntry, BlockedWord, ReviewItem
from community.moderation.services import review_queue
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import page, texts

pytestmark = pytest.mark.django_db

HTML = '<p>Use <b>tap</b> water<br>or rain.</p><p><a href="https://cups.example">cups</a></p>'
MARKDOWN = "Use **tap** water  \nor rain.\n\n[cups](https://cups.example)"


def post_in(markup, source, **fields):
    post = PostFactory.build(
        source=source, markup=markup, topic=TopicFactory(), author=MemberFactory(), **fields
    )
    rendering.set_source(post, source, category=post.topic.category)
    post.save()
    return post


def edit(post, source):
    return posts.edit(post, actor=post.author, source=source)


def test_posts_that_people_type_are_markdown():
    topic = topics.create(
        TopicFactory().category,
        author=MemberFactory(),
        kind="discussion",
        title="Cities",
        source="Milan\nTurin",
    )

    opening = topic.posts.get()
    assert (opening.markup, opening.html) == ("markdown", "<p>Milan<br>\nTurin</p>\n")


def test_edit_keeps_commonmark():
    post = edit(post_in(Markup.COMMONMARK, "Milan\nTurin"), "Milan\nGenoa")

    assert (post.markup, post.html) == ("commonmark", "<p>Milan\nGenoa</p>\n")
    assert list(post.revisions.values_list("source", "markup")) == [
        ("Milan\nTurin", "commonmark"),
        ("Milan\nGenoa", "commonmark"),
    ]


def test_edit_of_html_begins_with_markdown_and_a_preview(client, log_in):
    post = post_in(Markup.HTML, HTML)
    log_in(post.author)

    response = client.get(f"/posts/{post.pk}/edit/")

    assert page(response).cssselect("textarea[name=source]")[0].text.strip() == MARKDOWN
    assert texts(response, ".preview .prose p") == ["Use tap water or rain.", "cups"]
    assert "imported as HTML" in " ".join(texts(response, ".field-help"))


def test_edit_of_html_makes_it_markdown():
    post = edit(post_in(Markup.HTML, HTML), f"{MARKDOWN}\n\nOr\nmilk.")

    assert (post.markup, post.source) == ("markdown", f"{MARKDOWN}\n\nOr\nmilk.")
    assert post.html.endswith("<p>Or<br>\nmilk.</p>\n")
    assert list(post.revisions.values_list("source", "markup")) == [
        (HTML, "html"),
        (post.source, "markdown"),
    ]


def test_html_saved_as_it_was_converted_stays_html():
    post = post_in(Markup.HTML, HTML)

    edit(post, rendering.editable_source(post).replace("\n", "\r\n"))

    post.refresh_from_db()
    assert (post.markup, post.source, post.revision_count) == ("html", HTML, 0)


def test_history_compares_html_with_markdown_by_its_words(client):
    post = edit(post_in(Markup.HTML, HTML), MARKDOWN.replace("rain", "bottled water"))

    response = client.get(f"/posts/{post.pk}/history/")

    assert texts(response, "ins") == ["bottled water"]
    assert texts(response, "del") == ["rain"]
    assert texts(response, "#versions section:last-of-type .diff") == [" ".join(MARKDOWN.split())]
    assert "imported as HTML, shown as Markdown" in " ".join(texts(response, ".meta"))


@pytest.mark.parametrize(
    ("markup", "source", "address"),
    [
        (Markup.MARKDOWN, "Milan\nTurin", "markup=markdown"),
        (Markup.COMMONMARK, "Milan\nTurin", "markup=commonmark"),
        (Markup.HTML, "<p>Milan<br>Turin</p>", "markup=html"),
    ],
)
def test_preview_shows_an_edit_as_it_will_be_saved(client, log_in, markup, source, address):
    post = post_in(markup, source)
    log_in(post.author)
    form = page(client.get(f"/posts/{post.pk}/edit/"))
    asked = form.cssselect(".preview")[0].get("data-preview-url")

    live = client.post(asked, {"source": "Rome\nBari"}).content.decode()
    plain = client.post(f"/posts/{post.pk}/edit/", {"source": "Rome\nBari", "preview": "1"}).content.decode()
    saved = edit(post, "Rome\nBari").html

    assert asked.endswith(address)
    assert saved.strip() in live
    assert saved.strip() in plain


def test_word_filter_reads_what_is_seen_and_where_links_lead():
    hidden = post_in(Markup.HTML, '<p>cas<b>ino</b></p><p><a href="https://pills.example">x</a></p>')

    for phrase in ("casino", "pills.example"):
        BlockedWord.objects.create(phrase=phrase, action=BlockedWord.Action.BLOCK)
        assert rendering.filterable_text("cas**ino** [x](https://pills.example)").count(phrase) >= 1
        assert phrase in rendering.filterable_text_of(hidden)
    review_queue.add_with_blocked_words([hidden])
    assert ReviewItem.objects.filter(post=hidden).count() == 1


# The command


def test_rerender_renders_what_changed_and_says_how_many(capsys, django_capture_on_commit_callbacks):
    ada = MemberFactory(username="ada")
    old = post_in(Markup.MARKDOWN, "Milan\nTurin, @ada")
    same = post_in(Markup.COMMONMARK, "Milan\nTurin, @ada")
    call_command("rerender")
    mention = f'<a class="mention" href="/u/{ada.username}/" rel="nofollow ugc noopener">@ada</a>'
    Post.objects.filter(pk=old.pk).update(html=f"<p>Milan\nTurin, {mention}</p>\n")
    ada.username = "ada-2"
    ada.save()
    before = page_cache._generation()
    told = Event.objects.count(), AuditEntry.objects.count()

    for changed in (1, 0):
        with django_capture_on_commit_callbacks(execute=True):
            call_command("rerender")
        assert f"{changed} posts and 0 profiles changed." in capsys.readouterr().out

    old.refresh_from_db()
    assert old.html == f"<p>Milan<br>\nTurin, {mention}</p>\n"
    assert (old.edited_at, old.revision_count) == (None, 0)
    assert Post.objects.get(pk=same.pk).html == same.html
    assert (Event.objects.count(), AuditEntry.objects.count()) == told
    assert page_cache._generation() != before


def test_rerender_brings_excerpts_and_profiles_up_to_date(capsys):
    topic = TopicFactory(opening__source="**Milan**", opening__html="<p>Milan</p>", excerpt="old")
    member = MemberFactory(bio="Milan\nTurin", bio_html="<p>Milan\nTurin</p>\n")

    call_command("rerender")

    topic.refresh_from_db()
    member.refresh_from_db()
    assert topic.excerpt == "Milan"
    assert member.bio_html == "<p>Milan<br>\nTurin</p>\n"
    assert "1 profiles" in capsys.readouterr().out


def test_migration_marks_imported_posts_and_their_revisions():
    imported, typed = PostFactory(), PostFactory()
    edit(imported, "An edit of an imported post.")
    batch = ImportBatch.objects.create(name="old", site="old.example")
    ImportedRow.objects.create(
        batch=batch, site="old.example", kind="post", source_id=7, target_id=imported.pk
    )
    migration = importlib.import_module("community.importers.migrations.0003_commonmark_of_imports")

    for _ in range(2):
        migration.set_commonmark(apps, None)

    imported.refresh_from_db()
    typed.refresh_from_db()
    assert (imported.markup, typed.markup) == ("commonmark", "markdown")
    assert set(imported.revisions.values_list("markup", flat=True)) == {"commonmark"}


# Formulas


def test_formulas_are_a_setting_of_the_category(client, log_in):
    topic = TopicFactory(category__formulas=True)
    plain = TopicFactory()
    author = log_in(MemberFactory())

    inside = posts.create(topic, author=author, source="Let $x*y*z$ be", screen=False)
    outside = posts.create(plain, author=author, source="Let $x*y*z$ be", screen=False)
    edited = edit(inside, "Let $a*b*c$ be")

    assert "<math" in inside.html
    assert "<math" in edited.html
    assert "<math" not in outside.html
    for where, has_formulas in ((topic, True), (plain, False)):
        url = f"/topics/{where.pk}/reply/"
        asked = page(client.get(url)).cssselect(".preview")[0].get("data-preview-url")
        assert ("<math" in client.post(asked, {"source": "$x$"}).content.decode()) == has_formulas
        plain_preview = client.post(url, {"source": "Let $x*y*z$ be", "preview": "1"}).content.decode()
        assert ("<math" in plain_preview) == has_formulas
    new = client.post("/new/preview/", {"source": "$x$", "category": topic.category_id})
    assert "<math" in new.content.decode()
    assert "<math" not in client.post("/new/preview/", {"source": "$x$", "category": "nine"}).content.decode()


def test_rerender_shows_formulas_after_the_setting_changed():
    post = post_in(Markup.HTML, "<p>Let $x$ be</p>")
    post.topic.category.formulas = True
    post.topic.category.save()

    call_command("rerender")

    post.refresh_from_db()
    assert "<math" in post.html
    assert post.text == "Let x be"
