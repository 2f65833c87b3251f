"""The home page's data: figures count public content only, and lists what the reader may see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.forum.models import Topic
from community.pages import home as home_page
from community.pages.home import (
    announcements,
    categories,
    greeting,
    hot_topics,
)
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


def ago(**span):
    return timezone.now() - timedelta(**span)


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (0, "Still up"),
        (4, "Still up"),
        (5, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
        (21, "Good evening"),
        (22, "Still up"),
    ],
)
def test_greeting_depends_on_the_time_of_day(hour, words):
    now = datetime(2026, 6, 1, hour, 59, tzinfo=UTC)

    assert greeting(MemberFactory(time_zone="UTC"), now=now).startswith(words)


@pytest.mark.parametrize(
    ("name", "called"), [("Ada Winter", "Ada"), ("Ada", "Ada"), ("", "ada"), ("Dr. Ada Winter", "Dr.")]
)
def test_greeting_uses_the_first_name(name, called):
    member = MemberFactory(username="ada", display_name=name, time_zone="UTC")

    assert greeting(member, now=datetime(2026, 6, 1, 8, tzinfo=UTC)) == f"Good morning, {called}"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe"])
def test_greeting_without_a_time_zone_uses_the_sites(zone):
    now = datetime(2026, 6, 1, 8, tzinfo=UTC)

    assert greeting(MemberFactory(time_zone=zone), now=now).startswith("Good morning")


def test_hot_topics_exclude_announcements():
    hot = TopicFactory(hot_score=5)
    TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, hot_score=9)

    assert hot_topics(VISITOR) == [hot]


def test_hot_topics_are_limited():
    topics = [TopicFactory(hot_score=score) for score in range(9)]

    assert hot_topics(VISITOR) == topics[:1:-1]


@pytest.mark.parametrize(("days", "shown"), [(13, True), (15, False)])
def test_announcements_are_recent(days, shown):
    TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=ago(days=days))

    assert bool(announcements(VISITOR, now=timezone.now())) is shown


def test_announcements_are_the_latest_two():
    old, *fresh = [
        TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=ago(days=days)) for days in (5, 3, 1)
    ]

    assert announcements(VISITOR, now=timezone.now()) == fresh[::-1]
    assert old not in announcements(VISITOR, now=timezone.now())


def test_lists_show_visitors_nothing_private():
    private = CategoryFactory(groups=[])
    TopicFactory(category=private, hot_score=9)
    TopicFactory(category=private, kind=Topic.Kind.ANNOUNCEMENT)

    assert hot_topics(VISITOR) == []
    assert announcements(VISITOR, now=timezone.now()) == []
    assert private not in categories(VISITOR)


def test_categories_are_top_level():
    parent = CategoryFactory()
    CategoryFactory(parent=parent)
    CategoryFactory(is_archived=True)

    found = categories(VISITOR)

    assert parent in found
    assert all(category.parent_id is None and not category.is_archived for category in found)


def test_a_category_with_an_archived_parent_is_top_level():
    child = CategoryFactory(parent=CategoryFactory(is_archived=True))

    assert child in categories(VISITOR)


def test_a_category_with_a_private_parent_is_hidden():
    child = CategoryFactory(parent=CategoryFactory(groups=[]))

    assert child not in categories(VISITOR)


def test_prospect_forums_can_be_empty():
    assert home_page.prospect_forums(VISITOR) == []
