from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from community.core.permissions import Refused
from community.forum.models import Post
from community.prospects.models import DeskQuestion, Handover
from community.prospects.services import claims, replies, states, tracking
from tests.factories.members import MemberFactory
from tests.factories.prospects import (
    ProspectForumFactory,
    RosterEntryFactory,
    a_peer,
    a_prospect_asks,
    a_reply,
)

pytestmark = pytest.mark.django_db


def fresh(question):
    return DeskQuestion.objects.get(pk=question.pk)


def test_claim_question_assigns_it_to_the_actor(entry):
    question = a_prospect_asks(entry.forum)

    claims.claim_question(question, actor=entry.member)

    assert fresh(question).holder(timezone.now()) == entry.member


def test_claim_question_twice_keeps_the_first_time(entry):
    question = a_prospect_asks(entry.forum)
    first = claims.claim_question(question, actor=entry.member).claimed_at

    claims.claim_question(question, actor=entry.member)

    assert fresh(question).claimed_at == first


def test_claim_question_of_a_colleague_is_refused_until_the_claim_expires(entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member
    claims.claim_question(question, actor=colleague)

    with pytest.raises(Refused) as refusal:
        claims.claim_question(question, actor=entry.member)
    claims.claim_question(question, actor=entry.member, now=timezone.now() + timedelta(minutes=61))

    assert refusal.value.sentence == f"This question is assigned to {colleague}."
    assert fresh(question).claimed_by == entry.member


@pytest.mark.django_db(transaction=True)
def test_concurrent_claims_assign_it_once():
    entries = [RosterEntryFactory()]
    entries.append(RosterEntryFactory(forum=entries[0].forum))
    question = a_prospect_asks(entries[0].forum)
    together = Barrier(2)

    def claim(member) -> bool:
        try:
            together.wait()
            claims.claim_question(question, actor=member)
        except Refused:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(claim, [entry.member for entry in entries]))

    assert sorted(got) == [False, True]


def test_claim_question_is_refused_during_the_grace_period(entry):
    a_peer()
    question = a_prospect_asks(entry.forum, minutes_ago=5)

    with pytest.raises(Refused) as refusal:
        claims.claim_question(question, actor=entry.member)

    assert refusal.value.sentence.startswith("Customers answer first. The team can reply from ")


def test_claim_question_is_allowed_at_once_if_urgent(entry):
    a_peer()
    question = a_prospect_asks(entry.forum, minutes_ago=5)
    states.mark_urgent(question, actor=question.topic.author, reason="The café opens tomorrow.")

    claims.claim_question(question, actor=entry.member)

    assert fresh(question).claimed_by == entry.member


def test_claim_question_is_refused_if_it_is_not_open(entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, entry.member)
    tracking.track_topic(question.pk)

    with pytest.raises(Refused) as refusal:
        claims.claim_question(question, actor=entry.member)

    assert refusal.value.sentence == "This question is no longer waiting for a reply."


def test_claim_question_needs_the_roster_and_the_training(entry):
    question = a_prospect_asks(entry.forum)
    untrained = RosterEntryFactory(forum=entry.forum, is_trained=False).member

    with pytest.raises(Refused) as stranger:
        claims.claim_question(question, actor=MemberFactory(role="sales"))
    with pytest.raises(Refused) as newcomer:
        claims.claim_question(question, actor=untrained)

    assert stranger.value.sentence.startswith("Only the team members listed")
    assert newcomer.value.sentence.startswith("You can answer here once")


def test_release_question_ends_the_claim(entry):
    question = a_prospect_asks(entry.forum)
    claims.claim_question(question, actor=entry.member)

    for _ in range(2):
        claims.release_question(question, actor=entry.member)

    assert fresh(question).claimed_by is None


def test_release_question_of_a_colleague_needs_a_manager(entry):
    question = a_prospect_asks(entry.forum)
    claims.claim_question(question, actor=entry.member)

    with pytest.raises(Refused):
        claims.release_question(question, actor=RosterEntryFactory(forum=entry.forum).member)
    claims.release_question(question, actor=MemberFactory(role="manager"))

    assert fresh(question).claimed_by is None


def test_hand_over_assigns_it_to_a_colleague_with_a_note(entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member
    claims.claim_question(question, actor=entry.member)

    for _ in range(2):
        claims.hand_over(question, actor=entry.member, to=colleague, note="Knows pumps.")

    assert fresh(question).claimed_by == colleague
    handover = Handover.objects.get()
    assert (handover.giver, handover.receiver, handover.note) == (entry.member, colleague, "Knows pumps.")


def test_hand_over_of_a_colleagues_question_is_refused(entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member

    with pytest.raises(Refused) as refusal:
        claims.hand_over(question, actor=entry.member, to=colleague, note="")

    assert (
        refusal.value.sentence
        == "Assign the question to yourself first. Then you can assign it to a colleague."
    )


@pytest.mark.parametrize("fields", [{"is_trained": False}, {"is_active": False}])
def test_hand_over_to_someone_who_may_not_answer_is_refused(entry, fields):
    question = a_prospect_asks(entry.forum)
    claims.claim_question(question, actor=entry.member)
    colleague = RosterEntryFactory(forum=entry.forum, **fields).member

    with pytest.raises(Refused) as refusal:
        claims.hand_over(question, actor=entry.member, to=colleague, note="")

    assert refusal.value.sentence == f"{colleague} cannot answer in this forum."


def test_reply_to_question_posts_and_ends_the_claim(entry):
    question = a_prospect_asks(entry.forum)

    post = replies.reply_to_question(question, actor=entry.member, source="What do you drink in the morning?")

    question = fresh(question)
    assert (post.kind, post.author) == (Post.Kind.ANSWER, entry.member)
    assert (question.state, question.staff_replies) == (DeskQuestion.State.ANSWERED, 1)
    assert question.claimed_by is None


def test_reply_to_question_claimed_by_a_colleague_is_refused(entry):
    question = a_prospect_asks(entry.forum)
    claims.claim_question(question, actor=RosterEntryFactory(forum=entry.forum).member)

    with pytest.raises(Refused):
        replies.reply_to_question(question, actor=entry.member, source="Me too!")

    assert fresh(question).staff_replies == 0


def test_reply_to_question_with_a_checkout_link_is_refused(entry):
    question = a_prospect_asks(entry.forum)

    with pytest.raises(Refused) as refusal:
        replies.reply_to_question(
            question, actor=entry.member, source="Buy it: https://shop.example.com/checkout?sku=1"
        )

    assert refusal.value.sentence.startswith("A first answer cannot link to a checkout")
    assert fresh(question).claimed_by is None


def test_a_later_answer_may_link_to_the_shop(entry):
    question = a_prospect_asks(entry.forum)
    replies.reply_to_question(question, actor=entry.member, source="What do you drink?")
    question.refresh_from_db()

    replies.reply_to_question(
        question, actor=entry.member, source="You asked for it: https://shop.example.com/checkout"
    )

    assert fresh(question).staff_replies == 2


def test_mark_urgent_keeps_the_first_reason():
    question = a_prospect_asks(ProspectForumFactory())
    asker, manager = question.topic.author, MemberFactory(role="manager")

    states.mark_urgent(question, actor=asker, reason="First.")
    states.mark_urgent(question, actor=manager, reason="Second.")

    marked = fresh(question)
    assert (marked.is_urgent, marked.urgent_reason, marked.urgent_by) == (True, "First.", asker)


def test_settle_question_lasts_until_the_asker_posts_again(entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, entry.member, minutes_ago=40)
    a_reply(question.topic, question.topic.author, minutes_ago=30, source="Thank you!")
    tracking.track_topic(question.pk)

    for _ in range(2):
        states.settle_question(question, actor=entry.member)
    settled = fresh(question)
    a_reply(question.topic, question.topic.author, minutes_ago=-1, source="One more thing.")
    tracking.track_topic(question.pk)

    assert (settled.state, settled.settled_by) == (DeskQuestion.State.SETTLED, entry.member)
    assert fresh(question).state == DeskQuestion.State.OPEN


def test_settle_question_that_is_not_open_changes_nothing(entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, entry.member)
    tracking.track_topic(question.pk)

    states.settle_question(question, actor=entry.member)

    assert (fresh(question).state, fresh(question).settled_at) == (DeskQuestion.State.ANSWERED, None)
