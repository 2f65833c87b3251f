import pytest
from django.contrib.auth.models import AnonymousUser

from community.prospects.queries import NOTHING, prospect_context
from community.qa.services import accept_answer
from tests.factories.forum import AnswerFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_peer, a_prospect_asks
from tests.forum.pages import texts

pytestmark = pytest.mark.django_db


def test_a_topic_elsewhere_gets_nothing_without_a_query(django_assert_num_queries):
    topic = TopicFactory()

    with django_assert_num_queries(0):
        context = prospect_context(AnonymousUser(), topic)

    assert context is NOTHING


def test_everybody_sees_the_real_names_of_the_roster(client):
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)
    answer = AnswerFactory(topic=question.topic, author=entry.member)

    context = prospect_context(AnonymousUser(), question.topic)

    assert context.forum == entry.forum
    assert context.roster == {entry.member_id: entry}
    assert context.desk_card is None
    shown = texts(client.get(question.topic.get_absolute_url()), f"#p{answer.pk} h2 .soft")
    assert shown == [f"{entry.real_name}, {entry.title}"]


def test_a_real_name_that_is_also_the_display_name_is_shown_once(client):
    entry = RosterEntryFactory(real_name="Inês Duarte", member__display_name="Inês Duarte")
    question = a_prospect_asks(entry.forum)
    answer = AnswerFactory(topic=question.topic, author=entry.member)

    page = client.get(question.topic.get_absolute_url())

    assert texts(page, f"#p{answer.pk} h2 .soft") == [entry.title]


def test_only_the_desk_gets_the_card_with_the_stage():
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)

    def has_card(reader) -> bool:
        return prospect_context(reader, question.topic).desk_card is not None

    assert has_card(entry.member)
    assert has_card(MemberFactory(role="manager"))
    assert not has_card(MemberFactory())
    assert not has_card(question.topic.author)
    assert not has_card(MemberFactory(role="support"))


def test_the_asker_may_mark_as_urgent_in_the_grace_period():
    a_peer()
    question = a_prospect_asks(minutes_ago=3)
    later = a_prospect_asks(minutes_ago=300)

    def can(question, reader):
        return prospect_context(reader, question.topic).can_mark_urgent

    assert can(question, question.topic.author) is True
    assert can(question, MemberFactory()) is False
    assert can(later, later.topic.author) is False


def test_a_solved_question_cannot_be_urgent():
    a_peer()
    question = a_prospect_asks(minutes_ago=3)
    accept_answer(AnswerFactory(topic=question.topic), actor=question.topic.author)
    question.topic.refresh_from_db()

    assert prospect_context(question.topic.author, question.topic).can_mark_urgent is False
