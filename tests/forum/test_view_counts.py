from datetime import timedelta

import pytest
from django.utils import timezone

from community.core import redis_client
from community.events.models import Event
from community.forum import tasks
from community.forum.models import Topic
from community.forum.services import view_counts
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def views(topic):
    return Topic.objects.get(pk=topic.pk).view_count


def test_views_are_buffered_and_written_together():
    one, two = TopicFactory(), TopicFactory(view_count=5)
    for visitor in ("a", "b", "c"):
        view_counts.add(one.pk, visitor=visitor, member=None)
    view_counts.add(two.pk, visitor="a", member=None)

    before = views(one)
    written = view_counts.flush()

    assert (before, written, views(one), views(two)) == (0, 2, 3, 6)


def test_views_are_written_once():
    topic = TopicFactory()
    view_counts.add(topic.pk, visitor="a", member=None)

    for _ in range(2):
        tasks.write_views()

    assert views(topic) == 1


def test_second_view_within_the_hour_is_not_counted():
    topic = TopicFactory()
    for _ in range(3):
        view_counts.add(topic.pk, visitor="a", member=None)

    view_counts.flush()

    assert views(topic) == 1


def test_reading_is_recorded_once_a_day_per_member():
    topic, member = TopicFactory(), MemberFactory()
    for visitor in ("phone", "desk"):
        view_counts.add(topic.pk, visitor=visitor, member=member)

    view_counts.flush()

    event = Event.objects.get(name="topic.viewed")
    assert (event.member_id, event.object_id, event.object_type) == (member.pk, topic.pk, "forum.topic")


def test_reading_is_recorded_again_the_next_day():
    topic, member, now = TopicFactory(), MemberFactory(), timezone.now()
    view_counts.add(topic.pk, visitor="a", member=member, now=now - timedelta(days=1))
    view_counts.add(topic.pk, visitor="b", member=member, now=now)

    view_counts.flush()

    assert Event.objects.filter(name="topic.viewed").count() == 2


def test_deleted_topics_and_members_are_skipped():
    topic, member = TopicFactory(), MemberFactory()
    view_counts.add(topic.pk + 1, visitor="a", member=member)
    view_counts.add(topic.pk, visitor="b", member=member)

    view_counts.flush()

    assert [event.object_id for event in Event.objects.filter(name="topic.viewed")] == [topic.pk]


def test_page_counts_its_views(client, log_in):
    topic = PostFactory().topic
    client.get(topic.get_absolute_url(), REMOTE_ADDR="192.0.2.1")
    client.get(topic.get_absolute_url(), REMOTE_ADDR="192.0.2.2")
    log_in()
    client.get(topic.get_absolute_url())
    client.get(f"/t/{topic.pk}/")

    view_counts.flush()

    assert views(topic) == 3
    assert Event.objects.filter(name="topic.viewed").count() == 1


def test_one_network_is_one_visitor(client):
    topic = PostFactory().topic
    for number in range(5):
        browser = {"User-Agent": f"Browser {number}"}
        client.get(topic.get_absolute_url(), headers=browser, REMOTE_ADDR="192.0.2.1")
        client.get(topic.get_absolute_url(), headers=browser, REMOTE_ADDR=f"2001:db8:0:1::{number}")
    client.get(topic.get_absolute_url(), REMOTE_ADDR="2001:db8:0:2::1")

    view_counts.flush()

    assert views(topic) == 3


def test_page_works_without_redis(client, monkeypatch):
    import redis

    class Away:
        def __getattr__(self, name):
            raise redis.ConnectionError

    monkeypatch.setattr(redis_client, "client", Away)
    view_counts._add.cache_clear()

    assert client.get(TopicFactory().get_absolute_url()).status_code == 200


def test_refresh_hot_scores_task_runs():
    PostFactory()

    tasks.refresh_hot_scores()

    assert Topic.objects.get().hot_score > 0
