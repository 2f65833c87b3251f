import pytest

from community.events.catalogue import EVENT_TYPES
from community.events.models import Event
from community.events.services.recording import retract
from community.forum.models import Category
from journeys import labels
from journeys.engine.stages import STAGES
from journeys.event_text import ICONS, describe, describe_by_id, merge_repeats, quote_once
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


def described(reader, *events):
    return describe(events, reader)


def test_event_about_a_post_has_topic_excerpt_and_url(member, staff):
    answer = AnswerFactory(topic=QuestionFactory(title="Grinder stuck"), html="<p>Brush &amp; oil.</p>")

    (one,) = described(staff, happened(member, "answer.accepted", 1, minutes=3, topic_id=1, about=answer))

    assert (one.action, one.about, one.excerpt) == ("had an answer accepted", "Grinder stuck", "Brush & oil.")
    assert one.url == f"/p/{answer.pk}/"


def test_event_about_a_topic_has_its_title_and_url(member, staff):
    topic = QuestionFactory(title="Grinder stuck")

    (one,) = described(staff, happened(member, "question.asked", 1, title="x", category="y", about=topic))

    assert (one.about, one.url) == ("Grinder stuck", topic.get_absolute_url())


def test_post_that_the_reader_may_not_see_is_not_named(member):
    hidden = AnswerFactory(topic=QuestionFactory(category=CategoryFactory(groups=[], kind=Category.Kind.QA)))
    event = happened(member, "answer.accepted", 1, minutes=3, topic_id=1, about=hidden)

    (one,) = described(member, event)

    assert (one.about, one.url, one.excerpt) == ("", "", "")
    assert described(MemberFactory(role="manager"), event)[0].about == hidden.topic.title


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
def test_external_event_has_a_summary(member, staff, name, payload, about):
    assert described(staff, happened(member, name, 1, **payload))[0].about == about


def test_purchase_has_amount_and_products(member, staff):
    assert described(staff, bought(member, 1, products=["Nomad 2"]))[0].about == "49.00 EUR · Nomad 2"


def test_counterpart_is_named_with_a_preposition(member, staff):
    asker = MemberFactory()

    (one,) = described(
        staff, happened(member, "answer.accepted", 1, minutes=3, topic_id=1, counterpart=asker)
    )

    assert (one.preposition, one.counterpart) == ("for", asker)


def test_voters_are_named_to_the_team_only(member, staff):
    vote = happened(member, "helpful_vote.received", 1, topic_id=1, counterpart=MemberFactory())

    assert described(staff, vote)[0].counterpart is not None
    assert described(member, vote)[0].counterpart is None


def test_own_events_are_in_the_second_person(member, staff):
    event = happened(member, "question.resolved", 1, by=1, minutes=4, by_staff=False)

    assert described(member, event)[0].action == "had your question resolved"
    assert described(staff, event)[0].action == "had their question resolved"


def test_events_are_described_in_three_queries(member, staff, django_assert_num_queries):
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
        describe(events, staff)


# By id


def test_describe_by_id_skips_other_members_and_retracted_events(member, staff):
    mine, taken_back, other = replied(member, 3), replied(member, 2), replied(MemberFactory(), 1)
    retract([taken_back], reason="a test")

    found = describe_by_id([mine.pk, taken_back.pk, other.pk], of_member=member.pk, reader=staff)

    assert list(found) == [mine.pk]


def test_no_evidence_takes_no_query(member, staff, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert describe_by_id([], of_member=member.pk, reader=staff) == {}


# Merging repeats


def test_repeated_event_is_shown_once(member, staff):
    events = [happened(member, "visit.day", ago) for ago in (1, 2, 3)]

    (one,) = merge_repeats(described(staff, *events))

    assert (one.event, one.times) == (events[0], 3)


def test_events_that_read_differently_are_not_merged(member, staff):
    events = [happened(member, "search.performed", 1, query=query, results=1) for query in ("mill", "cup")]
    events += [bought(member, 2, ref=ref) for ref in ("one", "two")]

    assert [one.times for one in merge_repeats(described(staff, *events))] == [1, 1, 1, 1]


def test_repeats_are_merged_across_other_events_where_the_latest_stands(member, staff):
    events = [
        happened(member, "visit.day", 1),
        happened(member, "search.performed", 1, query="a", results=0),
        happened(member, "visit.day", 2),
    ]

    merged = merge_repeats(described(staff, *events))

    assert [(one.event, one.times) for one in merged] == [(events[0], 2), (events[1], 1)]


def test_voters_stay_apart_for_the_team_and_are_counted_for_the_member(member, staff):
    answer = AnswerFactory(author=member)
    votes = [
        happened(member, "helpful_vote.received", 1, topic_id=1, about=answer, counterpart=MemberFactory())
        for _ in range(3)
    ]

    assert [one.times for one in merge_repeats(described(staff, *votes))] == [1, 1, 1]
    assert [one.times for one in merge_repeats(described(member, *votes))] == [3]


def test_quote_once_keeps_the_first_excerpt_of_each_post(member, staff):
    answer = AnswerFactory(html="<p>Brush it.</p>")
    events = [happened(member, "answer.accepted", ago, minutes=3, topic_id=1, about=answer) for ago in (1, 2)]

    first, second = quote_once([described(staff, events[0]), described(staff, *events)])

    assert [one.excerpt for one in (*first, *second)] == ["Brush it.", "", ""]


@pytest.mark.parametrize("order", [1, -1])
def test_question_is_not_shown_as_a_topic_as_well(member, staff, order):
    topic = QuestionFactory()
    happened(member, "topic.created", 1, title="x", category="y", kind="question", about=topic)
    happened(member, "question.asked", 1, title="x", category="y", about=topic)
    events = list(Event.objects.order_by("name"))[::order]

    assert [one.event.name for one in merge_repeats(described(staff, *events))] == ["question.asked"]


# Labels


def test_every_stage_and_risk_has_a_label():
    assert set(labels.STAGE_MEANS) == set(labels.STAGE_FOR_YOU) == set(STAGES)
    assert set(labels.RISKS) == set(labels.RISKS_FOR_YOU)


def test_icons_are_for_declared_events():
    assert set(ICONS) <= {name.split(".")[0] for name in EVENT_TYPES}
