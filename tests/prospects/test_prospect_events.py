from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.events.catalogue import (
    PROSPECT_PEER_REPLIED,
    PROSPECT_QUESTION_ASKED,
    PROSPECT_STAFF_REPLIED,
)
from community.events.models import Event
from community.events.services.cursors import follow
from community.forum.services import posts, topics
from community.prospects.models import DeskQuestion
from community.prospects.services.prospect_events import sync_topics
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, a_prospect_asks, a_reply

pytestmark = pytest.mark.django_db


def told(name, **fields):
    return Event.objects.not_retracted().filter(name=name, **fields)


def test_a_question_is_recorded_for_the_prospect():
    question = a_prospect_asks()

    sync_topics([question.pk])

    event = told(PROSPECT_QUESTION_ASKED).get()
    assert (event.member, event.object_id, event.occurred_at) == (
        question.topic.author,
        question.pk,
        question.asked_at,
    )


def test_a_staff_reply_is_recorded_for_the_prospect():
    question = a_prospect_asks(minutes_ago=60)
    staff = MemberFactory(role="sales")
    a_reply(
        question.topic, staff, minutes_ago=15, source="See https://example.com/x and ask me.", word_count=5
    )

    sync_topics([question.pk])

    event = told(PROSPECT_STAFF_REPLIED).get()
    assert (event.member, event.actor, event.counterpart) == (question.topic.author, staff, staff)
    assert event.props == {"minutes": 45, "words": 5, "links_out": 1}


def test_a_peer_reply_is_recorded_for_both_members():
    question = a_prospect_asks()
    peer = MemberFactory(customer_since=date(2024, 5, 1))
    a_reply(question.topic, peer)

    sync_topics([question.pk])

    replier = told(PROSPECT_PEER_REPLIED, member=peer).get()
    asker = told(PROSPECT_PEER_REPLIED, member=question.topic.author).get()
    assert (replier.counterpart, replier.props) == (
        question.topic.author,
        {"role": "replier", "customer_since": "2024-05-01"},
    )
    assert (asker.counterpart, asker.props["role"]) == (peer, "asker")


def test_replies_by_the_asker_are_not_recorded():
    question = a_prospect_asks()
    a_reply(question.topic, question.topic.author)

    sync_topics([question.pk])

    assert told(PROSPECT_PEER_REPLIED).count() == 0


def test_syncing_twice_records_once():
    question = a_prospect_asks()
    a_reply(question.topic, MemberFactory())

    for _ in range(2):
        sync_topics([question.pk])

    assert told(PROSPECT_QUESTION_ASKED).count() == 1
    assert told(PROSPECT_PEER_REPLIED).count() == 2


def follow_all() -> None:
    while follow("prospects"):
        pass


@pytest.fixture
def desk_forum(transactional_db):
    return ProspectForumFactory()


def test_the_follower_brings_a_question_to_the_desk(desk_forum):
    author = MemberFactory()
    topic = topics.create(
        desk_forum.category,
        author=author,
        kind="question",
        title="Is it loud?",
        source="Thin walls.",
        screen=False,
    )

    follow_all()

    assert DeskQuestion.objects.get().topic == topic
    assert told(PROSPECT_QUESTION_ASKED).get().member == author


def test_a_deleted_reply_is_retracted_and_a_restored_one_reinstated(desk_forum):
    question = a_prospect_asks(desk_forum)
    peer = MemberFactory()
    post = posts.create(question.topic, author=peer, source="It is not.", screen=False)
    follow_all()

    posts.delete(post, actor=peer)
    follow_all()
    gone = (told(PROSPECT_PEER_REPLIED).count(), DeskQuestion.objects.get().replies)
    posts.restore(post, actor=MemberFactory(role="moderator"))
    follow_all()

    assert gone == (0, 0)
    assert told(PROSPECT_PEER_REPLIED).count() == 2
    assert DeskQuestion.objects.get().peer_replies == 1


def test_a_topic_moved_out_leaves_the_desk(desk_forum):
    question = a_prospect_asks(desk_forum)
    topics.move(question.topic, to=CategoryFactory(), actor=MemberFactory(role="moderator"))

    follow_all()

    assert DeskQuestion.objects.get().state == DeskQuestion.State.GONE


def test_the_follower_ignores_other_forums(desk_forum):
    topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="question",
        title="Which beans?",
        source="Any?",
        screen=False,
    )

    follow_all()

    assert DeskQuestion.objects.count() == 0


def test_syncing_recorded_replies_takes_the_same_queries_for_one_and_three(django_assert_num_queries):
    question = a_prospect_asks()
    a_reply(question.topic, MemberFactory())
    sync_topics([question.pk])
    with CaptureQueriesContext(connection) as one:
        sync_topics([question.pk])
    for _ in range(2):
        a_reply(question.topic, MemberFactory())
    sync_topics([question.pk])

    with django_assert_num_queries(len(one)):
        sync_topics([question.pk])
