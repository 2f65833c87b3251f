"""Feeds, sitemaps and robots.txt; tests/properties checks that they show nothing private."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from lxml import etree

from community.forum.models import Topic
from community.forum.services import tags
from community.pages.feeds import ENTRIES, NewTopics
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def read(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return etree.fromstring(response.content)


def texts(tree, name):
    return [node.text for node in tree.iter(f"{{*}}{name}")]


def test_feed_starts_with_the_newest_topic(client):
    old = TopicFactory(title="An older question", author=MemberFactory(display_name="Ada Winter"))
    Topic.objects.filter(pk=old.pk).update(created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    TopicFactory(title="Milk <foam> & more", author=MemberFactory(display_name="Ben Summer"))

    feed = read(client, "/feed.xml")

    assert texts(feed, "title")[1:] == ["Milk <foam> & more", "An older question"]
    assert texts(feed, "name") == ["Ben Summer", "Ada Winter"]


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("I got \x1b[31mred\x1b[0m text", "I got \ufffd[31mred\ufffd[0m text"),
        ("\x01\x08\x0b\x0c\x1f", "\ufffd" * 5),
        ("\ufffe and \uffff", "\ufffd and \ufffd"),
        ("Tab\tand 🫖 \x7f\x85 \ufdd0 \U0001fffe", "Tab\tand 🫖 \x7f\x85 \ufdd0 \U0001fffe"),
        ("]]> <b>&amp;", "]]> <b>&amp;"),
    ],
)
def test_feed_contains_any_text_that_can_be_stored(client, monkeypatch, typed, read_as):
    monkeypatch.setattr(NewTopics, "title", f"{typed} \ud800")
    author = MemberFactory(display_name=typed)
    TopicFactory(title=typed, excerpt=typed, category=CategoryFactory(name=typed), author=author)

    feed = read(client, "/feed.xml")

    assert texts(feed, "title") == [f"{read_as} \ufffd", read_as]
    assert texts(feed, "name") == [read_as]
    assert texts(feed, "summary") == [read_as]
    for section in (f"topics-{dt.datetime.now(dt.UTC):%Y-%m}", "categories"):
        assert len(texts(read(client, f"/sitemap-{section}.xml"), "loc")) == 1


def test_feed_is_the_same_for_managers_and_visitors(client):
    TopicFactory(title="Among owners", category=CategoryFactory(groups=[Group.objects.create(name="owners")]))
    client.force_login(MemberFactory(role="manager"))

    assert texts(read(client, "/feed.xml"), "title")[1:] == []


def test_feeds_of_a_category_and_of_a_tag(client):
    repairs = CategoryFactory(name="Repairs", slug="repairs")
    grinders = TopicFactory(title="The grinder is loud", category=CategoryFactory(parent=repairs))
    boilers = TopicFactory(title="The boiler is cold", category=repairs)
    others = TopicFactory(title="Which beans?")
    for topic, names in ((grinders, ["noise"]), (others, ["noise", "beans"])):
        tags.assign(topic, names)

    of_category, of_tag = read(client, "/c/repairs/feed.xml"), read(client, "/tags/noise/feed.xml")

    assert texts(of_category, "title") == ["Repairs · Caravan", boilers.title, grinders.title]
    assert texts(of_tag, "title") == ["noise · Caravan", others.title, grinders.title]
    assert of_category.find("{*}link").get("href").endswith("/c/repairs/")


@pytest.mark.parametrize("path", ["/c/repairs/", "/tags/noise/"])
def test_page_names_its_feed(client, path):
    tags.assign(TopicFactory(category=CategoryFactory(slug="repairs")), ["noise"])

    links = re.findall(r'<link rel="alternate" href="([^"]+)"', client.get(path).content.decode())

    assert links == ["/feed.xml", f"{path}feed.xml"]
    assert client.get(links[1]).status_code == 200


def test_private_categories_and_tags_have_no_feed(client):
    private = CategoryFactory(slug="private", groups=[Group.objects.create(name="owners")])
    tags.assign(TopicFactory(category=private), ["secret"])
    client.force_login(MemberFactory(role="manager"))

    for path in ("/c/private/feed.xml", "/tags/secret/feed.xml", "/c/none/feed.xml", "/tags/none/feed.xml"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("topics", [1, 3])
def test_feed_costs_the_same_for_one_topic_and_three(client, django_assert_num_queries, topics):
    TopicFactory.create_batch(topics)

    with django_assert_num_queries(1):
        client.get("/feed.xml")


def test_feed_is_limited(client):
    category = CategoryFactory()
    TopicFactory.create_batch(ENTRIES + 1, category=category)

    assert len(texts(read(client, "/feed.xml"), "entry")) == ENTRIES


def test_sitemap_lists_public_pages_by_month_with_their_last_change(client):
    def started(year, month, day, **fields):
        at = dt.datetime(year, month, day, 12, tzinfo=dt.UTC)
        return TopicFactory(category=category, created_at=at, **fields)

    category = CategoryFactory()
    first, last = started(2024, 12, 1), started(2024, 12, 31)
    next_year = started(2025, 1, 1)
    replied = dt.datetime(2026, 5, 5, tzinfo=dt.UTC)
    Topic.objects.filter(pk=first.pk).update(bumped_at=replied)
    started(2024, 12, 5, status="hidden")
    started(2023, 1, 1, status="pending")
    secret = CategoryFactory(groups=[Group.objects.create(name="owners")])
    TopicFactory(category=secret, created_at=dt.datetime(2022, 1, 1, tzinfo=dt.UTC))

    index = read(client, "/sitemap.xml")
    december, january, other = (
        read(client, f"/sitemap-topics-{month}.xml") for month in ("2024-12", "2025-01", "2022-01")
    )

    sections = ["categories", "topics-2024-12", "topics-2025-01"]
    assert texts(index, "loc") == [f"http://testserver/sitemap-{name}.xml" for name in sections]
    assert texts(index, "lastmod") == ["2026-05-05T00:00:00+00:00", "2025-01-01T12:00:00+00:00"]
    assert texts(december, "loc") == [f"http://testserver{one.get_absolute_url()}" for one in (first, last)]
    assert texts(december, "lastmod") == ["2026-05-05", "2024-12-31"]
    assert texts(january, "loc") == [f"http://testserver{next_year.get_absolute_url()}"]
    assert texts(other, "loc") == []
    assert texts(read(client, "/sitemap-categories.xml"), "loc") == [
        f"http://testserver{category.get_absolute_url()}"
    ]


@pytest.mark.parametrize("name", ["secrets", "topics", "topics-2024", "topics-2024-13", "topics-0000-01"])
def test_sitemap_of_an_unknown_section_is_not_found(client, name):
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_robots_txt_excludes_personal_pages(client):
    body = client.get("/robots.txt").content.decode().splitlines()

    assert body[0] == "User-agent: *"
    assert "Disallow: /me/" in body
    assert body[-1] == "Sitemap: http://testserver/sitemap.xml"


@pytest.mark.parametrize(
    "path", ["/feed.xml", "/sitemap.xml", "/sitemap-topics-2024-12.xml", "/sitemap-categories.xml"]
)
def test_visitors_share_a_feed(client, django_assert_num_queries, path):
    TopicFactory()
    first = client.get(path)

    with django_assert_num_queries(0):
        second = client.get(path)

    assert (second.content, dict(second.headers)) == (first.content, dict(first.headers))
    assert "xml" in second["Content-Type"]
