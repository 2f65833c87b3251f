import pytest

from community.events.catalogue import EVENT_TYPES
from community.events.models import Event
from community.events.services import retract
from community.forum.models import Category
from journeys import words
from journeys.engine.stages import STAGES
from journeys.telling import ICONS, folded, tell, tell_by_id
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, happened, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture
def staff():
    return MemberFactory(role="sales")


def told(reader, *events):
    return tell(events, reader)


def test_event_about_a_post_tells_topic_words_and_address(member, staff):
    answer = AnswerFactory(topic=QuestionFactory(title="Grinder stuck"), html="<p>Brush &amp; oil.</p>")

    (one,) = told(staff, happened(member, "answer.accepted", 1, minutes=3, topic_id=1, about=answer))

    assert (one.says, one.about, one.words) == ("had an answer accepted", "Grinder stuck", "Brush & oil.")
    assert one.url == f"/p/{answer.pk}/"


def test_event_about_a_topic_tells_its_title_and_address(member, staff):
    topic = QuestionFactory(title="Grinder stuck")

    (one,) = told(staff, happened(member, "question.asked", 1, title="x", category="y", about=topic))

    assert (one.about, one.url) == ("Grinder stuck", topic.get_absolute_url())


def test_post_that_the_reader_may_not_see_stays_unnamed(member):
    hidden = AnswerFactory(topic=QuestionFactory(category=CategoryFactory(groups=[], kind=Category.Kind.QA)))
    event = happened(member, "answer.accepted", 1, minutes=3, topic_id=1, about=hidden)

    (one,) = told(member, event)

    assert (one.about, one.url, one.words) == ("", "", "")
    assert told(MemberFactory(role="manager"), event)[0].about == hidden.topic.title


@pytest.mark.parametrize(
    ("name", "payload", "about"),
    [
        ("nps.answered", {"score": 9, "reason": "Quick help."}, "9 of 10 · Quick help."),
        ("search.performed", {"query": "descale", "results": 3}, "descale"),
        ("demo.requested", {"product": "Nomad 2"}, "Nomad 2"),
        ("pricing.viewed", {"products": ["Nomad 2", "Mill"]}, "Nomad 2, Mill"),
        ("page.viewed", {"url": "/about/"}, "/about/"),
        ("visit.day", {}, ""),
    ],
)
def test_event_from_outside_tells_what_it_was_about(member, staff, name, payload, about):
    assert told(staff, happened(member, name, 1, **payload))[0].about == about


def test_purchase_tells_amount_and_products(member, staff):
    assert told(staff, bought(member, 1, products=["Nomad 2"]))[0].about == "49.00 EUR · Nomad 2"


def test_member_at_the_other_end_is_named_with_a_fitting_word(member, staff):
    asker = MemberFactory()

    (one,) = told(staff, happened(member, "answer.accepted", 1, minutes=3, topic_id=1, counterpart=asker))

    assert (one.between, one.who) == ("for", asker)


def test_voters_are_named_to_the_team_only(member, staff):
    vote = happened(member, "helpful_vote.received", 1, topic_id=1, counterpart=MemberFactory())

    assert told(staff, vote)[0].who is not None
    assert told(member, vote)[0].who is None


def test_own_events_are_told_to_oneself(member, staff):
    event = happened(member, "question.resolved", 1, by=1, minutes=4, by_staff=False)

    assert told(member, event)[0].says == "had your question resolved"
    assert told(staff, event)[0].says == "had their question resolved"


def test_events_are_told_in_three_queries(member, staff, django_assert_num_queries):
    events = [
        happened(
            member,
            "reply.created",
            1,
            words=1,
            is_answer=True,
            topic_id=1,
            about=AnswerFactory(),
            counterpart=member,
        )
        for _ in range(3)
    ] + [happened(member, "question.asked", 1, title="x", category="y", about=QuestionFactory())]

    with django_assert_num_queries(3):
        tell(events, staff)


# By id


def test_evidence_is_told_of_the_member_only_and_as_far_as_it_holds(member, staff):
    mine, taken_back, other = replied(member, 3), replied(member, 2), replied(MemberFactory(), 1)
    retract([taken_back], reason="a test")

    found = tell_by_id([mine.pk, taken_back.pk, other.pk], of_member=member.pk, reader=staff)

    assert list(found) == [mine.pk]


def test_no_evidence_costs_no_query(member, staff, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert tell_by_id([], of_member=member.pk, reader=staff) == {}


# Folding


def test_what_follows_upon_itself_is_told_once(member, staff):
    events = [happened(member, "visit.day", ago) for ago in (1, 2, 3)]

    (one,) = folded(told(staff, *events))

    assert (one.event, one.times) == (events[0], 3)


def test_what_says_more_is_told_each_time(member, staff):
    events = [happened(member, "search.performed", ago, query="mill", results=1) for ago in (1, 2)]

    assert [one.times for one in folded(told(staff, *events))] == [1, 1]


def test_something_in_between_ends_a_row(member, staff):
    events = [
        happened(member, "visit.day", 1),
        happened(member, "search.performed", 1, query="a", results=0),
        happened(member, "visit.day", 2),
    ]

    assert [one.event.name for one in folded(told(staff, *events))] == [
        "visit.day",
        "search.performed",
        "visit.day",
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_question_is_not_told_as_a_topic_as_well(member, staff, order):
    topic = QuestionFactory()
    happened(member, "topic.created", 1, title="x", category="y", kind="question", about=topic)
    happened(member, "question.asked", 1, title="x", category="y", about=topic)
    events = list(Event.objects.order_by("name"))[::order]

    assert [one.event.name for one in folded(told(staff, *events))] == ["question.asked"]


# Words


def test_everything_has_words():
    assert set(words.STAGE_MEANS) == set(words.STAGE_FOR_YOU) == set(STAGES)
    assert set(words.RISKS) == set(words.RISKS_FOR_YOU)


def test_icons_are_of_events_that_exist():
    assert set(ICONS) <= {name.split(".")[0] for name in EVENT_TYPES}
