"""Signs that somebody answers here: figures about public content only, counted by a task."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.core.demo import being_written
from community.forum.models import Category, Post, Topic
from community.forum.services.activity_stats import ActivityStats, current, refresh
from community.forum.tasks import refresh_activity_stats
from tests.factories.forum import AnswerFactory, CategoryFactory, CommentFactory, PostFactory, TopicFactory

pytestmark = pytest.mark.django_db


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_of_an_empty_community_is_zero():
    assert refresh() == ActivityStats(0, 0, None, 0, 0)


def test_counts_topics_replies_and_people():
    topic = TopicFactory(created_at=ago(hours=5))
    PostFactory(topic=topic, created_at=ago(hours=3))
    TopicFactory(created_at=ago(days=3))

    assert refresh() == ActivityStats(topics=2, replied=1, median_minutes=120, answered_today=1, people=3)


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
def test_counts_public_content_only(spoil):
    spoil(PostFactory(topic=TopicFactory(created_at=ago(hours=5))).topic)

    assert refresh() == ActivityStats(0, 0, None, 0, 0)


def test_counts_replies_by_others_only():
    topic = TopicFactory(created_at=ago(hours=5))
    PostFactory(topic=topic, author=topic.author, created_at=ago(hours=4))
    PostFactory(topic=topic, created_at=ago(hours=3), status=Post.Status.HIDDEN)

    found = refresh()

    assert (found.replied, found.median_minutes, found.answered_today) == (0, None, 0)


def test_ignores_comments():
    answer = AnswerFactory(topic__created_at=ago(hours=9), created_at=ago(hours=2))
    CommentFactory(parent=answer, created_at=ago(hours=8))

    assert refresh().median_minutes == 420


def test_is_the_median_time_to_first_reply():
    for minutes in (10, 20, 600):
        topic = TopicFactory(created_at=ago(days=2))
        PostFactory(topic=topic, created_at=topic.created_at + timedelta(minutes=minutes))
        PostFactory(topic=topic, created_at=topic.created_at + timedelta(minutes=minutes + 5))

    assert refresh().median_minutes == 20


@pytest.mark.parametrize(("days", "counted"), [(29, 1), (31, 0)])
def test_covers_the_last_month(days, counted):
    TopicFactory(created_at=ago(days=days))

    assert refresh().topics == counted


def test_current_is_what_was_stored_by_the_task(django_assert_num_queries):
    TopicFactory()
    refresh_activity_stats()
    TopicFactory()

    with django_assert_num_queries(1):
        assert current().topics == 1


def test_current_counts_when_nothing_was_stored_or_no_worker_has_for_a_quarter_of_an_hour():
    TopicFactory()
    assert current().topics == 1
    TopicFactory()
    assert current(now=timezone.now() + timedelta(minutes=14)).topics == 1

    assert current(now=timezone.now() + timedelta(minutes=16)).topics == 2


def test_nothing_is_stored_while_the_demo_is_seeded(settings, tmp_path):
    settings.DEMO_MARK = tmp_path / "demo-is-written"
    with being_written():
        TopicFactory()
        assert current().topics == 1
        TopicFactory()

    assert current().topics == 2


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
