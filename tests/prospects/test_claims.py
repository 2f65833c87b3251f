"""Claims on questions: their expiry, and who may release or hand them over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.core.permissions import Refused
from community.moderation.models import AuditEntry
from community.prospects.models import DeskQuestion, Handover
from community.prospects.services.claims import claim_question, hand_over, release_question
from community.prospects.services.states import mark_urgent
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_prospect_asks

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def question(entry):
    return a_prospect_asks(entry.forum)


def claimed_ago(question, member, ago):
    DeskQuestion.objects.filter(pk=question.pk).update(claimed_by=member, claimed_at=timezone.now() - ago)
    return DeskQuestion.objects.get(pk=question.pk)


@pytest.mark.parametrize(
    ("ago", "holds"),
    [(timedelta(0), True), (HOUR - timedelta(seconds=1), True), (HOUR, False), (5 * HOUR, False)],
)
def test_a_claim_lasts_an_hour(question, entry, ago, holds):
    now = timezone.now()
    question.claimed_by, question.claimed_at = entry.member, now - ago

    assert question.holder(now) == (entry.member if holds else None)


def test_an_expired_claim_can_be_renewed(question, entry):
    stale = claimed_ago(question, entry.member, 2 * HOUR)

    renewed = claim_question(stale, actor=entry.member)

    assert renewed.holder(timezone.now()) == entry.member
    assert renewed.claimed_at > stale.claimed_at


def test_release_question_without_a_claim_changes_nothing(question, entry):
    assert release_question(question, actor=entry.member).claimed_by is None


def test_release_question_of_a_colleague_is_refused_with_the_name(question, entry):
    colleague = RosterEntryFactory(forum=entry.forum, member__display_name="Bea").member
    claimed_ago(question, colleague, timedelta(0))

    with pytest.raises(Refused) as refusal:
        release_question(question, actor=entry.member)

    assert refusal.value.sentence == "This question is assigned to Bea."


def test_hand_over_to_the_holder_changes_nothing(question, entry, manager):
    claim_question(question, actor=entry.member)

    hand_over(question, actor=manager, to=entry.member, note="Yours.")

    assert not Handover.objects.exists()


def test_hand_over_to_an_expired_holder_renews_the_claim(question, entry, manager):
    claimed_ago(question, entry.member, 2 * HOUR)

    given = hand_over(question, actor=manager, to=entry.member, note="Please do it now.")

    assert given.holder(timezone.now()) == entry.member
    assert Handover.objects.get().note == "Please do it now."


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"is_trained": False}, {"member__is_active": False}]
)
def test_hand_over_refusal_names_the_colleague(question, entry, manager, fields):
    colleague = RosterEntryFactory(forum=entry.forum, member__display_name="Bea", **fields).member

    with pytest.raises(Refused) as refusal:
        hand_over(question, actor=manager, to=colleague, note="")

    assert refusal.value.sentence == "Bea cannot answer in this forum."
    assert not Handover.objects.exists()


def test_hand_over_to_the_roster_of_another_forum_is_refused(question, manager):
    elsewhere = RosterEntryFactory().member

    with pytest.raises(Refused, match="cannot answer in this forum"):
        hand_over(question, actor=manager, to=elsewhere, note="")


def test_hand_over_is_in_the_audit_log(question, entry, manager):
    hand_over(question, actor=manager, to=entry.member, note="She asked for you.")

    act = AuditEntry.objects.get(act="desk.hand_over")
    assert (act.actor, act.after, act.reason) == (
        manager,
        {"to": entry.member.username},
        "She asked for you.",
    )


def test_hand_overs_are_sorted_latest_first(question, entry, manager):
    other = RosterEntryFactory(forum=entry.forum).member
    hand_over(question, actor=manager, to=entry.member, note="First.")
    hand_over(question, actor=entry.member, to=other, note="Second.")

    assert [row.note for row in question.handovers.all()] == ["Second.", "First."]


@pytest.mark.parametrize("state", ["answered", "settled", "gone"])
def test_claim_question_that_is_not_open_says_so(question, entry, state):
    DeskQuestion.objects.filter(pk=question.pk).update(state=state)

    with pytest.raises(Refused) as refusal:
        claim_question(question, actor=entry.member)

    assert refusal.value.sentence == "This question is no longer waiting for a reply."


def test_a_moderator_may_claim_but_not_from_a_colleague(question, entry):
    moderator = MemberFactory(role="moderator")
    claim_question(question, actor=entry.member)

    with pytest.raises(Refused, match="This question is assigned to"):
        claim_question(question, actor=moderator)


def test_mark_urgent_by_the_asker_is_not_in_the_audit_log(question):
    asker = question.topic.author

    marked = mark_urgent(question, actor=asker, reason="We open tomorrow.")

    assert (marked.is_urgent, marked.urgent_by, marked.urgent_reason) == (True, asker, "We open tomorrow.")
    assert not AuditEntry.objects.filter(act="desk.urgent").exists()


def test_mark_urgent_by_the_team_is_in_the_audit_log(question, manager):
    mark_urgent(question, actor=manager, reason="A large order.")

    entry = AuditEntry.objects.get(act="desk.urgent")
    assert (entry.after, entry.reason) == ({"is_urgent": True}, "A large order.")


def test_mark_urgent_skips_the_grace_period(entry):
    MemberFactory(last_seen_at=timezone.now())
    fresh = a_prospect_asks(entry.forum, minutes_ago=1)
    with pytest.raises(Refused, match="Customers answer first"):
        claim_question(fresh, actor=entry.member)

    mark_urgent(fresh, actor=fresh.topic.author, reason="We open tomorrow.")

    assert claim_question(fresh, actor=entry.member).claimed_by == entry.member
