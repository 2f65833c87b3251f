"""The home page's data: figures count public content only, and lists what the reader may see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.forum.models import Category, Post, Topic
from community.pages import home as home_page
from community.pages.home import (
    ActivityStats,
    activity_stats,
    announcements,
    categories,
    greeting,
    hot_topics,
)
from tests.factories.forum import AnswerFactory, CategoryFactory, CommentFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


def ago(**span):
    return timezone.now() - timedelta(**span)


def alive() -> ActivityStats:
    return activity_stats(now=timezone.now())


def test_activity_stats_of_an_empty_community_is_zero():
    assert alive() == ActivityStats(0, 0, None, 0, 0)


def test_activity_stats_counts_topics_replies_and_people():
    topic = TopicFactory(created_at=ago(hours=5))
    PostFactory(topic=topic, created_at=ago(hours=3))
    TopicFactory(created_at=ago(days=3))

    assert alive() == ActivityStats(topics=2, replied=1, median_minutes=120, answered_today=1, people=3)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda topic: Topic.objects.filter(pk=topic.pk).update(status="hidden"),
        lambda topic: Category.objects.filter(pk=topic.category_id).update(see_by=Category.Audience.GROUPS),
        lambda topic: Category.objects.filter(pk=topic.category_id).update(see_by=Category.Audience.MEMBERS),
        lambda topic: Category.objects.filter(pk=topic.category_id).update(parent=CategoryFactory(groups=[])),
    ],
    ids=["hidden", "for groups", "for members", "below a private one"],
)
def test_activity_stats_counts_public_content_only(spoil):
    spoil(PostFactory(topic=TopicFactory(created_at=ago(hours=5))).topic)

    assert alive() == ActivityStats(0, 0, None, 0, 0)


def test_activity_stats_counts_replies_by_others_only():
    topic = TopicFactory(created_at=ago(hours=5))
    PostFactory(topic=topic, author=topic.author, created_at=ago(hours=4))
    PostFactory(topic=topic, created_at=ago(hours=3), status=Post.Status.HIDDEN)

    found = alive()

    assert (found.replied, found.median_minutes, found.answered_today) == (0, None, 0)


def test_activity_stats_ignores_comments():
    answer = AnswerFactory(topic__created_at=ago(hours=9), created_at=ago(hours=2))
    CommentFactory(parent=answer, created_at=ago(hours=8))

    assert alive().median_minutes == 420


def test_activity_stats_is_the_median_time_to_first_reply():
    for minutes in (10, 20, 600):
        topic = TopicFactory(created_at=ago(days=2))
        PostFactory(topic=topic, created_at=topic.created_at + timedelta(minutes=minutes))
        PostFactory(topic=topic, created_at=topic.created_at + timedelta(minutes=minutes + 5))

    assert alive().median_minutes == 20


@pytest.mark.parametrize(("days", "counted"), [(29, 1), (31, 0)])
def test_activity_stats_covers_the_last_month(days, counted):
    TopicFactory(created_at=ago(days=days))

    assert alive().topics == counted


def test_activity_stats_is_counted_once_in_five_minutes(django_assert_num_queries):
    alive()
    TopicFactory()

    with django_assert_num_queries(0):
        assert alive().topics == 0


@pytest.mark.parametrize(
    ("minutes", "wait"),
    [
        (None, "1 min"),
        (0, "1 min"),
        (1, "1 min"),
        (89, "89 min"),
        (90, "2 h"),
        (150, "2 h"),
        (151, "3 h"),
        (47 * 60, "47 h"),
        (48 * 60, "2 days"),
        (100 * 60, "4 days"),
    ],
)
def test_the_wait_is_formatted(minutes, wait):
    assert ActivityStats(1, 1, minutes, 0, 0).wait == wait


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
