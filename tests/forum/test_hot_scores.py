from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from community.events.services.cursors import follow
from community.forum.models import Like, Topic
from community.forum.services import hot_scores, posts
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def hot_score_of(topic):
    return Topic.objects.get(pk=topic.pk).hot_score


def like(post, at):
    Like.objects.create(post=post, member=MemberFactory(), created_at=at)


def test_hot_score_follows_the_formula():
    topic = TopicFactory(created_at=NOW - timedelta(hours=30), like_count=5)
    reply = PostFactory(topic=topic, created_at=NOW - timedelta(hours=4))
    PostFactory(topic=topic, author=reply.author, created_at=NOW - timedelta(hours=2))
    PostFactory(topic=topic, created_at=NOW - timedelta(hours=1))
    like(reply, NOW - timedelta(hours=1))
    like(reply, NOW - timedelta(days=8))

    hot_scores.refresh([topic.pk], now=NOW)

    likes_over_age = 5 / (30 + 2) ** 1.2
    recent = (1 + 2) / (4 + 2) ** 1.2
    assert hot_score_of(topic) == pytest.approx(likes_over_age + recent)


def test_quiet_topic_has_no_hot_score():
    topic = TopicFactory(created_at=NOW - timedelta(days=3))

    hot_scores.refresh([topic.pk], now=NOW)

    assert hot_score_of(topic) == 0


def test_unpublished_posts_do_not_count():
    topic = TopicFactory(created_at=NOW - timedelta(hours=5))
    PostFactory(topic=topic, status="hidden", created_at=NOW - timedelta(hours=1))

    hot_scores.refresh([topic.pk], now=NOW)

    assert hot_score_of(topic) == 0


def test_hot_score_decays_with_time():
    topic = TopicFactory(created_at=NOW - timedelta(hours=5))
    PostFactory(topic=topic, created_at=NOW - timedelta(hours=1))
    hot_scores.refresh([topic.pk], now=NOW)
    warm = hot_score_of(topic)

    hot_scores.refresh([topic.pk], now=NOW + timedelta(hours=10))

    assert 0 < hot_score_of(topic) < warm


def test_refresh_all_updates_active_topics_only():
    lively = [PostFactory(created_at=timezone.now() - timedelta(hours=1)).topic for _ in range(3)]
    old = TopicFactory(created_at=timezone.now() - timedelta(days=90))

    done = hot_scores.refresh_all()

    assert done == 3
    assert all(hot_score_of(topic) > 0 for topic in lively)
    assert hot_score_of(old) == 0


def test_old_hot_score_decays_to_zero():
    topic = TopicFactory(created_at=timezone.now() - timedelta(days=90))
    Topic.objects.filter(pk=topic.pk).update(hot_score=2)

    hot_scores.refresh_all()

    assert hot_score_of(topic) == 0


def test_future_topic_does_not_break_the_formula():
    topic = TopicFactory(created_at=NOW + timedelta(hours=5), like_count=1)

    hot_scores.refresh([topic.pk], now=NOW)

    assert hot_score_of(topic) == pytest.approx(1 / 2**1.2)


@pytest.mark.django_db(transaction=True)
def test_reply_updates_the_hot_score_through_the_follower():
    topic = TopicFactory()
    posts.create(topic, author=MemberFactory(), source="This warms it up.")

    follow("forum.heat")

    assert hot_score_of(topic) > 0
