from datetime import UTC, datetime, time, timedelta

import pytest

from community.forum.models import Category, Topic
from community.prospects.models import DeskQuestion, ProspectForum
from community.prospects.services.tracking import track_topic
from tests.factories.forum import CategoryFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import (
    ProspectForumFactory,
    RosterEntryFactory,
    a_peer,
    a_prospect_asks,
    a_reply,
)

pytestmark = pytest.mark.django_db
State = DeskQuestion.State


def again(question: DeskQuestion) -> DeskQuestion:
    tracked = track_topic(question.pk)
    assert tracked is not None
    return tracked


def test_a_new_question_has_a_due_date_and_opens_after_the_grace_period():
    a_peer()
    forum = ProspectForumFactory(promise_minutes=120, grace_minutes=30)

    question = a_prospect_asks(forum, minutes_ago=10)

    asked = question.topic.created_at
    assert (question.state, question.waiting_since) == (State.OPEN, asked)
    assert question.due_at == asked + timedelta(minutes=120)
    assert question.opens_at == asked + timedelta(minutes=30)


def test_a_question_asked_after_hours_is_due_on_the_next_day():
    forum = ProspectForumFactory(
        promise_minutes=60, opens_at=time(9), closes_at=time(17), answers_on_weekends=True
    )
    question = a_prospect_asks(forum)
    asked = datetime(2026, 1, 9, 18, tzinfo=UTC)
    Topic.objects.filter(pk=question.pk).update(created_at=asked)

    assert again(question).due_at == datetime(2026, 1, 10, 10, tzinfo=UTC)


def test_a_question_opens_at_once_when_nobody_else_can_answer():
    question = a_prospect_asks(minutes_ago=1)

    assert question.opens_at == question.topic.created_at


@pytest.mark.parametrize("staff", [{"role": "support"}, {"is_superuser": True}], ids=str)
def test_staff_do_not_count_as_peers(staff):
    a_peer(**staff)

    question = a_prospect_asks(minutes_ago=1)

    assert question.opens_at == question.topic.created_at


def test_only_those_who_may_reply_count_as_peers():
    a_peer()
    forum = ProspectForumFactory(category=CategoryFactory(kind=Category.Kind.PROSPECT, groups=[]))

    question = a_prospect_asks(forum, minutes_ago=1)

    assert question.opens_at == question.topic.created_at


def test_tracking_twice_changes_nothing(django_assert_num_queries):
    question = a_prospect_asks()

    assert again(question) == question
    assert DeskQuestion.objects.count() == 1


def test_replies_by_peers_and_by_staff_are_counted_apart():
    question = a_prospect_asks()
    topic = question.topic
    a_reply(topic, MemberFactory(), minutes_ago=40)
    a_reply(topic, topic.author, minutes_ago=35)
    a_reply(topic, MemberFactory(role="sales"), minutes_ago=30)
    a_reply(topic, MemberFactory(), minutes_ago=20, status="hidden")

    question = again(question)

    assert (question.peer_replies, question.staff_replies, question.staff_share) == (1, 1, 50)


def test_a_staff_reply_answers_and_a_later_post_by_the_asker_opens_it_again():
    question = a_prospect_asks(minutes_ago=300)
    staff = MemberFactory(role="sales")
    a_reply(question.topic, staff, minutes_ago=200)
    assert again(question).state == State.ANSWERED

    back = a_reply(question.topic, question.topic.author, minutes_ago=30)
    a_reply(question.topic, question.topic.author, minutes_ago=20)

    question = again(question)
    assert (question.state, question.waiting_since) == (State.OPEN, back.created_at)
    assert question.due_at == back.created_at + timedelta(minutes=question.forum.promise_minutes)


def test_a_peers_reply_leaves_the_question_waiting_for_staff():
    question = a_prospect_asks()
    reply = a_reply(question.topic, a_peer(), minutes_ago=50)

    question = again(question)

    assert (question.state, question.first_peer_at) == (State.OPEN, reply.created_at)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"is_solved": True}, State.SETTLED),
        ({"closed_at": "2026-01-01T00:00Z"}, State.SETTLED),
        ({"status": "hidden"}, State.GONE),
        ({"status": "deleted"}, State.GONE),
    ],
)
def test_solved_closed_and_removed_topics_leave_the_desk(fields, state):
    question = a_prospect_asks()
    type(question.topic).objects.filter(pk=question.pk).update(**fields)

    assert again(question).state == state


def test_a_claim_ends_when_the_question_no_longer_waits():
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)
    DeskQuestion.objects.update(claimed_by=entry.member, claimed_at=question.asked_at)
    a_reply(question.topic, entry.member)

    assert again(question).claimed_by is None


def test_a_topic_by_staff_is_not_tracked():
    forum = ProspectForumFactory()
    topic = QuestionFactory(category=forum.category, author=MemberFactory(role="sales"))

    assert track_topic(topic.pk) is None


def test_a_topic_in_another_category_is_not_tracked():
    assert track_topic(TopicFactory().pk) is None


def test_a_topic_moved_away_leaves_the_desk_and_comes_back():
    question = a_prospect_asks()
    topic, home = question.topic, question.topic.category
    type(topic).objects.update(category=CategoryFactory())
    assert track_topic(topic.pk) is None
    assert DeskQuestion.objects.get().state == State.GONE

    type(topic).objects.update(category=home)

    assert again(question).state == State.OPEN


def test_a_category_that_becomes_a_prospect_forum_gets_the_defaults():
    category = CategoryFactory(kind=Category.Kind.PROSPECT)

    track_topic(QuestionFactory(category=category).pk)

    forum = ProspectForum.objects.get()
    assert (forum.category, forum.promise_minutes, forum.grace_minutes) == (category, 240, 30)


def test_an_unknown_topic_is_not_tracked():
    assert track_topic(4711) is None
