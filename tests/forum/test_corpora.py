"""Hostile and unusual texts end to end: posted by form, stored exactly, shown and found safely."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from community.core.text import MARKS_IN_TITLES, storable, with_few_marks
from community.forum import search
from community.forum.models import Post, Topic
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.support import corpus, with_line_feeds

from .pages import page

pytestmark = pytest.mark.django_db

LEAD = "A text of some kind: "


@pytest.fixture(autouse=True)
def no_limits(settings):
    """Post a whole corpus as one member."""
    settings.RATE_LIMITS = {"topics": "", "posts": "", "searches": "", "visitor-searches": ""}


def naughty():
    return [text for text in corpus("blns/blns.json") if text.strip() and "\x00" not in text]


def examples():
    return [example["markdown"] for example in corpus("commonmark/spec_examples.json")]


def assert_safe(response):
    """Check that no script, event handler or dangerous URL came from what was typed."""
    tree = page(response)
    own = {node.get("src") for node in tree.cssselect("script")}
    assert all(source and source.startswith("/static/") for source in own)
    handlers = [
        name
        for node in tree.iter()
        if isinstance(node.tag, str)
        for name in node.attrib
        if name.startswith("on")
    ]
    assert handlers == []
    for link in tree.cssselect(".prose a, .prose img"):
        address = (link.get("href") or link.get("src") or "").strip().lower()
        assert not address.startswith(("javascript:", "vbscript:", "data:"))


@pytest.fixture
def author(client):
    member = MemberFactory(customer_since="2026-01-01")
    client.force_login(member)
    return member


@pytest.mark.parametrize("texts", [naughty, examples])
def test_unusual_texts_are_posted_stored_exactly_and_shown_safely(client, author, texts):
    topic = TopicFactory()

    for sent in in_posts(texts()):
        response = client.post(f"/topics/{topic.pk}/reply/", {"source": sent})
        assert response.status_code == 302, sent
        assert Post.objects.latest("pk").source == with_line_feeds(storable(sent))

    for number in range(1, topic.posts.count() // 20 + 2):
        assert_safe(client.get(f"{topic.get_absolute_url()}?page={number}"))


def in_posts(texts, together=12):
    """Combine several texts per post, to keep the test fast."""
    return ["\n\n".join(texts[start : start + together]) for start in range(0, len(texts), together)]


def test_naughty_titles_are_stored_on_one_line_and_escaped_in_lists(client, author):
    category = CategoryFactory(kind="qa")
    titles = [f"{LEAD}{text}" for text in joined(naughty(), limit=255 - len(LEAD))]

    for title in titles:
        fields = {"category": category.pk, "kind": "question", "title": title, "source": "What about it?"}
        assert client.post("/new/", fields).status_code == 302, title

    stored = set(Topic.objects.values_list("title", flat=True))
    kept = [with_few_marks(storable(title), most=MARKS_IN_TITLES) for title in titles]
    assert stored == {" ".join(title.split()) for title in kept}
    shown = set()
    for number in range(1, len(stored) // 20 + 2):
        response = client.get(f"/latest/?page={number}")
        assert_safe(response)
        shown |= {link.text_content() for link in page(response).cssselect(".topic-title a")}
    assert {seen(title) for title in shown} == {seen(title) for title in stored}


def joined(texts, *, limit):
    """Pack the texts into as few lines as possible."""
    line = ""
    for text in texts:
        if line and len(line) + 1 + len(text) > limit:
            yield line
            line = ""
        line = f"{line} {text}".lstrip()[:limit]
    yield line


def seen(text):
    """Return the text as an HTML parser returns it: without characters that HTML forbids."""
    return "".join(sign for sign in text if sign.isprintable())


def test_naughty_searches_are_answered_safely(client):
    """Search for each text separately; a page shows several of them, complete."""
    reader = AnonymousUser()
    topic = TopicFactory(title="One topic to be found, or not")

    for text in naughty():
        assert {found.topic_id for found in search.answer(reader, text[:200]).found} <= {topic.pk}, text
    for asked in joined(naughty(), limit=200):
        response = client.get("/search/", {"q": asked})
        assert response.status_code == 200, asked
        assert_safe(response)


def test_naughty_strings_are_found_and_highlighted_safely(client, author):
    texts = naughty()
    for text in texts:
        TopicFactory(
            title=f"Zebra {text}"[:255],
            author=author,
            opening__source=f"zebra {text}",
            opening__html="<p>.</p>",
        )

    # Only the best 200 results are shown, so search in halves.
    for start_at in range(0, len(texts), 200):
        part = Topic.objects.order_by("pk")[start_at : start_at + 200].values("pk")
        assert_found_safely(client, list(part.values_list("pk", flat=True)))


def assert_found_safely(client, pks):
    """Make only these topics searchable, and view all results."""
    Topic.objects.exclude(pk__in=pks).update(status=Topic.Status.HIDDEN)
    Topic.objects.filter(pk__in=pks).update(status=Topic.Status.PUBLISHED)
    cache.clear()  # update() does not invalidate caches
    rows = 0
    for number in range(1, (len(pks) - 1) // 20 + 2):
        response = client.get(f"/search/?q=zebra&page={number}")
        assert_safe(response)
        rows += len(page(response).cssselect(".topic-row"))
    assert rows == len(pks)
