"""Notifications about questions that are handed over."""

import pytest

from community.core.permissions import Refused
from community.forum.models import Topic
from community.notifications import subjects
from community.notifications.models import Notification
from community.prospects.services.claims import claim_question, hand_over
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_prospect_asks

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague():
    return RosterEntryFactory().member


@pytest.fixture
def question(colleague):
    return a_prospect_asks(colleague.roster.get().forum)


def test_hand_over_notifies_the_colleague_once(question, colleague, manager):
    for _ in range(2):
        hand_over(question, actor=manager, to=colleague, note="You know cafés.")

    line = Notification.objects.get()
    assert (line.member, line.kind, line.actor, line.text) == (colleague, "desk", manager, "You know cafés.")
    assert (line.subject_type, line.subject_id) == ("prospects.deskquestion", question.pk)


def test_each_hand_over_notifies(question, colleague, manager):
    other = RosterEntryFactory(forum=question.forum).member

    for to in (colleague, other, colleague):
        hand_over(question, actor=manager, to=to, note="")

    assert Notification.objects.filter(member=colleague).count() == 2


def test_claiming_does_not_notify(question, colleague):
    claim_question(question, actor=colleague)

    assert not Notification.objects.exists()


def test_a_refused_hand_over_does_not_notify(question, manager):
    with pytest.raises(Refused):
        hand_over(question, actor=manager, to=MemberFactory(), note="")

    assert not Notification.objects.exists()


def test_notification_shows_actor_question_and_note(client, question, colleague, manager):
    hand_over(question, actor=manager, to=colleague, note="You know <cafés>.")
    client.force_login(colleague)

    html = client.get("/me/notifications/").content.decode()
    opened = client.get(f"/me/notifications/{Notification.objects.get().pk}/")

    assert "assigned a question to you:" in html
    assert question.topic.title in html
    assert "“You know &lt;cafés&gt;.”" in html
    assert opened.url == f"/desk/{question.pk}/"


@pytest.mark.parametrize("why", ["left the roster", "the topic is gone"])
def test_questions_off_the_readers_desk_are_not_shown(question, colleague, manager, why):
    hand_over(question, actor=manager, to=colleague, note="")
    if why == "left the roster":
        colleague.roster.update(is_active=False)
    else:
        Topic.objects.filter(pk=question.pk).update(status="deleted")

    assert subjects.resolve(Notification.objects.all(), reader=colleague) == {}


def test_nobody_else_sees_it(question, colleague, manager):
    hand_over(question, actor=manager, to=colleague, note="")

    assert subjects.resolve(Notification.objects.all(), reader=MemberFactory()) == {}
