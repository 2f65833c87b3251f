from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.prospects import rules
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory, a_peer, a_prospect_asks

pytestmark = pytest.mark.django_db


def objection(author, question, *, forum=None):
    return rules.objection_to_answering(author, forum or question.forum, question, now=timezone.now())


@pytest.mark.parametrize("role", ["", "sales", "support", "product", "moderator"])
def test_can_open_desk_needs_a_roster_entry(role):
    assert not rules.can_open_desk(MemberFactory(role=role))


def test_can_open_desk_allows_managers_and_the_roster():
    assert rules.can_open_desk(MemberFactory(role="manager"))
    assert rules.can_open_desk(RosterEntryFactory().member)


def test_can_open_desk_needs_an_active_entry_and_a_role():
    off_duty = RosterEntryFactory(is_active=False).member
    left_the_team = RosterEntryFactory(member__role="").member

    assert not rules.can_open_desk(off_duty)
    assert not rules.can_open_desk(left_the_team)


def test_can_open_desk_refuses_visitors():
    assert not rules.can_open_desk(AnonymousUser())


def test_can_hand_over_allows_the_holder_and_managers():
    question = a_prospect_asks()
    holder, colleague = MemberFactory(role="sales"), MemberFactory(role="sales")
    question.claimed_by = holder

    assert rules.can_hand_over(holder, question)
    assert rules.can_hand_over(MemberFactory(role="manager"), question)
    assert not rules.can_hand_over(colleague, question)


def test_can_mark_urgent_allows_the_asker_and_managers():
    question = a_prospect_asks()

    assert rules.can_mark_urgent(question.topic.author, question)
    assert rules.can_mark_urgent(MemberFactory(role="manager"), question)
    assert not rules.can_mark_urgent(MemberFactory(role="sales"), question)
    assert not rules.can_mark_urgent(MemberFactory(), question)


def test_answering_needs_a_roster_entry_of_this_forum():
    question = a_prospect_asks()
    elsewhere = RosterEntryFactory().member

    assert objection(elsewhere, question).startswith("Only the team members listed")


def test_answering_needs_the_training():
    question = a_prospect_asks()
    untrained = RosterEntryFactory(forum=question.forum, is_trained=False).member

    assert objection(untrained, question).startswith("You can answer here once your training")


def test_answering_is_refused_in_the_grace_period():
    a_peer()
    question = a_prospect_asks(minutes_ago=1)
    question.opens_at = timezone.now() + timedelta(minutes=5)
    seller = RosterEntryFactory(forum=question.forum).member

    assert objection(seller, question).startswith("Customers answer first")


def test_answering_is_allowed_to_trained_staff_and_moderators():
    question = a_prospect_asks(minutes_ago=600)
    seller = RosterEntryFactory(forum=question.forum).member

    assert objection(seller, question) == ""
    assert objection(MemberFactory(role="moderator"), question) == ""


def test_answering_without_a_desk_question_only_needs_the_roster():
    forum = ProspectForumFactory()
    seller = RosterEntryFactory(forum=forum).member

    assert objection(seller, None, forum=forum) == ""
    assert objection(RosterEntryFactory().member, None, forum=forum)


def test_claiming_a_claimed_question_is_refused_with_the_name():
    question = a_prospect_asks()
    holder = MemberFactory(role="sales", display_name="Amara")
    question.claimed_by, question.claimed_at = holder, timezone.now()
    now = timezone.now()

    assert (
        rules.objection_to_claiming(MemberFactory(), question, now=now)
        == "This question is assigned to Amara."
    )
    assert rules.objection_to_claiming(holder, question, now=now) == ""


def test_claiming_is_allowed_after_the_claim_expired():
    question = a_prospect_asks()
    question.claimed_by = MemberFactory(role="sales")
    question.claimed_at = timezone.now() - question.CLAIM_LASTS - timedelta(minutes=1)

    assert rules.objection_to_claiming(MemberFactory(), question, now=timezone.now()) == ""


def test_a_first_answer_has_no_checkout_link_but_a_later_one_may():
    question = a_prospect_asks()
    pitch = "Buy it at https://shop.example.com/checkout/bar"

    refused = rules.objection_to_text(pitch, question.forum, question)
    question.staff_replies = 1

    assert refused.startswith("A first answer cannot link to a checkout")
    assert rules.objection_to_text(pitch, question.forum, question) == ""
    assert rules.objection_to_text("See our guide.", question.forum, None) == ""
