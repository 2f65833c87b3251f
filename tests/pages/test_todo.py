"""To-dos: what needs attention, and only as long as it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post, ReadState
from community.forum.services import posts
from community.pages.home import could_answer, own_topics
from community.pages.todo import todos_of
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory
from tests.factories.prospects import RosterEntryFactory, a_prospect_asks

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory(bio="I roast.")


def said(member):
    return [need.sentence for need in todos_of(member)]


def read_by(member, topic, number=1):
    return ReadState.objects.create(member=member, topic=topic, last_read_number=number)


def test_todos_can_be_empty(member):
    assert said(member) == []


def test_todos_are_limited(member):
    for number in range(5):
        read_by(member, PostFactory(topic=TopicFactory(author=member, title=f"Topic {number}")).topic)
        AnswerFactory(topic=QuestionFactory(author=member))
    newcomer = MemberFactory()

    assert len(said(member)) == 6
    assert said(newcomer) == ["Complete your profile"]


def test_todos_show_the_desk_first_and_the_profile_last():
    entry = RosterEntryFactory(member__role="manager")
    manager = entry.member
    a_prospect_asks(entry.forum)
    ReviewItemFactory()

    assert said(manager) == [
        "1 question is waiting at the sales desk",
        "1 post needs a moderator's review",
        "Complete your profile",
    ]


@pytest.mark.parametrize(
    ("minutes", "sentence", "tone"),
    [
        ([60], "1 question is waiting at the sales desk", ""),
        ([60, 70], "2 questions are waiting at the sales desk", ""),
        ([60, 500], "2 questions are waiting at the sales desk, 1 overdue", "warning"),
    ],
)
def test_todos_of_the_desk_warn_about_overdue_questions(minutes, sentence, tone):
    entry = RosterEntryFactory(member__bio="I sell.")
    for ago in minutes:
        a_prospect_asks(entry.forum, minutes_ago=ago)

    (need,) = todos_of(entry.member)

    assert (need.sentence, need.tone, need.href) == (sentence, tone, "/desk/")


@pytest.mark.parametrize("role", ["", "support", "sales", "product"])
def test_todos_of_the_queue_are_for_moderators(role):
    ReviewItemFactory()

    assert said(MemberFactory(role=role, bio="x")) == []


def test_todos_of_the_queue_count_open_items():
    ReviewItemFactory.create_batch(2)
    ReviewItemFactory(closed_at=timezone.now(), outcome="kept")

    assert said(MemberFactory(role="moderator", bio="x")) == ["2 posts need a moderator's review"]


def test_unread_replies_end_with_the_last_one_read(member):
    topic = PostFactory(topic=TopicFactory(author=member)).topic
    state = read_by(member, topic)
    before = own_topics(member).unread

    state.last_read_number = 2
    state.save()

    assert (before, own_topics(member).unread) == ([topic], [])


def test_unread_replies_are_in_own_topics_only(member):
    read_by(member, PostFactory().topic)

    assert own_topics(member).unread == []


def test_unread_replies_exclude_own_replies(member):
    topic = TopicFactory(author=member)
    read_by(member, topic)
    PostFactory(topic=topic, author=member)

    assert own_topics(member).unread == []


def test_unread_replies_ignore_hidden_topics(member):
    topic = PostFactory(topic=TopicFactory(author=member)).topic
    read_by(member, topic)
    topic.status = "hidden"
    topic.save()

    assert own_topics(member).unread == []


def test_unread_replies_ignore_hidden_replies(member, client):
    topic = TopicFactory(author=member)
    PostFactory(topic=topic)
    spam = posts.create(topic, author=MemberFactory(), source="Buy my beans.", screen=False)
    posts.hide(spam, actor=None, reason="flagged")
    client.force_login(member)

    client.get(topic.get_absolute_url())

    assert own_topics(member).unread == []


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, True),
        ({"is_solved": True}, False),
        ({"closed_at": timezone.now()}, False),
        ({"status": "hidden"}, False),
    ],
)
def test_awaiting_word_lists_open_questions_with_answers(member, fields, asked):
    topic = QuestionFactory(author=member)
    AnswerFactory(topic=topic)
    for name, value in fields.items():
        setattr(topic, name, value)
    topic.save()

    assert bool(own_topics(member).awaiting_word) is asked


def test_awaiting_word_requires_a_published_answer(member):
    AnswerFactory(topic=QuestionFactory(author=member), status=Post.Status.PENDING)

    assert own_topics(member).awaiting_word == []


def test_awaiting_word_starts_with_the_latest(member):
    topics = [QuestionFactory(author=member, created_at=timezone.now() - timedelta(days=9)) for _ in range(4)]
    for days, topic in zip((3, 1, 2, 4), topics, strict=True):
        AnswerFactory(topic=topic, created_at=timezone.now() - timedelta(days=days))

    assert own_topics(member).awaiting_word == [topics[1], topics[2], topics[0]]


def test_could_answer_offers_visible_questions_only(member):
    QuestionFactory(category=CategoryFactory(kind="qa", groups=[]))

    assert could_answer(member) == []


@pytest.mark.parametrize(
    "fields", [{"closed_at": timezone.now()}, {"status": "pending"}, {"answer_count": 1}]
)
def test_could_answer_offers_open_questions_only(member, fields):
    QuestionFactory(**fields)

    assert could_answer(member) == []
