import pytest
from django.contrib.auth.models import AnonymousUser

from community.prospects.threads import prospect_context
from community.qa.services import accept_answer
from tests.factories.forum import AnswerFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_peer, a_prospect_asks

pytestmark = pytest.mark.django_db


def test_a_topic_elsewhere_gets_nothing():
    topic = TopicFactory()

    assert prospect_context(AnonymousUser(), topic, []) == {}


def test_everybody_sees_who_answers_by_what_name():
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)

    context = prospect_context(AnonymousUser(), question.topic, [])

    assert context["prospect_forum"] == entry.forum
    assert context["roster_by_author"] == {entry.member_id: entry}
    assert "desk_card" not in context


def test_only_the_desk_gets_the_card_with_the_stage():
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)

    def has_card(reader) -> bool:
        return "desk_card" in prospect_context(reader, question.topic, [])

    assert has_card(entry.member)
    assert has_card(MemberFactory(role="manager"))
    assert not has_card(MemberFactory())
    assert not has_card(question.topic.author)
    assert not has_card(MemberFactory(role="support"))


def test_the_asker_may_say_it_is_urgent_while_staff_are_held_back():
    a_peer()
    question = a_prospect_asks(minutes_ago=3)
    later = a_prospect_asks(minutes_ago=300)

    def can(question, reader):
        return prospect_context(reader, question.topic, []).get("can_mark_urgent")

    assert can(question, question.topic.author) is True
    assert can(question, MemberFactory()) is False
    assert can(later, later.topic.author) is False


def test_what_is_solved_is_not_urgent():
    a_peer()
    question = a_prospect_asks(minutes_ago=3)
    accept_answer(AnswerFactory(topic=question.topic), actor=question.topic.author)
    question.topic.refresh_from_db()

    assert prospect_context(question.topic.author, question.topic, [])["can_mark_urgent"] is False
