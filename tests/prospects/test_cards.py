"""The cards of questions on the desk, and their order."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post
from community.prospects.cards import background_of, cards_of, current_position
from community.prospects.models import DeskQuestion
from community.prospects.services.claims import hand_over
from community.prospects.services.tracking import track_topic
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.prospects import (
    ProspectForumFactory,
    RosterEntryFactory,
    a_peer,
    a_prospect_asks,
    a_reply,
)

pytestmark = pytest.mark.django_db


def card(question, reader=None, now=None):
    question = DeskQuestion.objects.with_people().get(pk=question.pk)
    (found,) = cards_of([question], reader=reader or MemberFactory(role="sales"), now=now or timezone.now())
    return found


def order(questions):
    return [question.pk for question in questions]


def test_for_work_sorts_by_due_date(entry):
    asked = [a_prospect_asks(entry.forum, minutes_ago=minutes) for minutes in (60, 300, 120)]

    found = DeskQuestion.objects.for_work(timezone.now())

    assert order(found) == order([asked[1], asked[2], asked[0]])


def test_for_work_sorts_by_due_date_not_by_age():
    quick = a_prospect_asks(ProspectForumFactory(promise_minutes=10), minutes_ago=30)
    slow = a_prospect_asks(ProspectForumFactory(promise_minutes=2000), minutes_ago=300)

    assert order(DeskQuestion.objects.for_work(timezone.now())) == order([quick, slow])


def test_questions_due_at_the_same_time_sort_by_waiting_time(entry):
    asked = [a_prospect_asks(entry.forum, minutes_ago=minutes) for minutes in (60, 300, 120)]
    DeskQuestion.objects.update(due_at=timezone.now())

    assert order(DeskQuestion.objects.for_work(timezone.now())) == order([asked[1], asked[2], asked[0]])


def test_for_work_excludes_questions_in_the_grace_period(entry):
    a_peer()
    fresh = a_prospect_asks(entry.forum, minutes_ago=5)
    now = timezone.now()

    assert order(DeskQuestion.objects.for_work(now)) == []
    assert order(DeskQuestion.objects.held_back(now)) == [fresh.pk]
    later = fresh.opens_at
    assert order(DeskQuestion.objects.for_work(later)) == [fresh.pk]
    assert order(DeskQuestion.objects.held_back(later)) == []


def test_held_back_sorts_by_opening_time(entry):
    a_peer()
    later, sooner = (a_prospect_asks(entry.forum, minutes_ago=minutes) for minutes in (2, 20))

    assert order(DeskQuestion.objects.held_back(timezone.now())) == order([sooner, later])


def test_every_open_question_is_in_one_list_and_in_one_only(entry):
    a_peer()
    for minutes in (1, 29, 31, 600):
        a_prospect_asks(entry.forum, minutes_ago=minutes)
    now = timezone.now()

    work = set(order(DeskQuestion.objects.for_work(now)))
    back = set(order(DeskQuestion.objects.held_back(now)))

    assert work & back == set()
    assert work | back == set(order(DeskQuestion.objects.open()))


@pytest.mark.parametrize(
    ("minutes", "late", "waited"),
    [(239, False, "3 h 59 min"), (241, True, "4 h 1 min"), (59, False, "59 min"), (1500, True, "1 d 1 h")],
)
def test_a_card_shows_the_wait_and_whether_it_is_late(entry, minutes, late, waited):
    found = card(a_prospect_asks(entry.forum, minutes_ago=minutes))

    assert (found.is_late, found.waited) == (late, waited)


def test_a_card_never_shows_a_negative_wait(entry):
    question = a_prospect_asks(entry.forum, minutes_ago=0)

    assert card(question, now=timezone.now() - timedelta(hours=1)).minutes == 0


def test_a_card_names_the_holder_while_the_claim_lasts(entry):
    question = a_prospect_asks(entry.forum)
    now = timezone.now()
    DeskQuestion.objects.filter(pk=question.pk).update(claimed_by=entry.member, claimed_at=now)

    assert card(question, now=now).holder == entry.member
    assert card(question, now=now + timedelta(hours=1)).holder is None


def test_a_card_counts_earlier_topics_of_the_asker(entry):
    asker = MemberFactory()
    TopicFactory.create_batch(2, author=asker)
    TopicFactory(author=asker, status="hidden")

    assert card(a_prospect_asks(entry.forum, author=asker)).earlier == 2


def test_a_card_does_not_count_hidden_topics(entry):
    asker = MemberFactory()
    TopicFactory(author=asker, category=CategoryFactory(groups=[]))

    assert card(a_prospect_asks(entry.forum, author=asker)).earlier == 0


def reply_shares(question):
    return [(share.kind, share.name, share.count) for share in card(question).reply_shares]


def test_a_card_without_replies_has_no_reply_shares(entry):
    assert card(a_prospect_asks(entry.forum)).reply_shares == []


def test_a_card_shows_the_share_of_replies(entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, MemberFactory(customer_since=timezone.now()))
    a_reply(question.topic, MemberFactory())
    a_reply(question.topic, MemberFactory())
    a_reply(question.topic, entry.member)

    assert reply_shares(question) == [
        ("customers", "customer", 1),
        ("undecided", "undecided", 2),
        ("staff", "from our team", 1),
    ]


def test_a_card_does_not_count_the_asker_or_hidden_replies(entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, question.topic.author)
    a_reply(question.topic, MemberFactory(), status=Post.Status.HIDDEN)

    assert card(question).reply_shares == []


@pytest.mark.parametrize("staff", [{"role": "sales"}, {"is_superuser": True}], ids=str)
def test_staff_who_bought_speak_for_the_company(entry, staff):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, MemberFactory(**staff, customer_since=timezone.now()))

    assert [(kind, count) for kind, _, count in reply_shares(question) if count] == [("staff", 1)]


@pytest.mark.parametrize("counts", [(1, 0, 0), (1, 1, 1), (5, 1, 1), (0, 2, 7)])
def test_the_bar_of_reply_shares_is_full_and_never_overflows(entry, counts):
    question = a_prospect_asks(entry.forum)
    kinds = ({"customer_since": timezone.now()}, {}, {"role": "sales"})
    for count, fields in zip(counts, kinds, strict=True):
        for _ in range(count):
            a_reply(question.topic, MemberFactory(**fields))

    shown = card(question).reply_shares

    assert shown[0].start == 0
    assert all(share.start + share.percent <= 101 for share in shown)
    assert max(share.start + share.percent for share in shown) >= 100


def test_background_of_a_question_has_the_conversation_in_order(entry):
    question = a_prospect_asks(entry.forum, opening__source="Which one?")
    first = a_reply(question.topic, MemberFactory(), minutes_ago=30)
    second = a_reply(question.topic, entry.member, minutes_ago=10)
    a_reply(question.topic, MemberFactory(), status=Post.Status.DELETED)

    found = background_of(track_topic(question.pk), reader=entry.member)

    assert found.opening.source == "Which one?"
    assert found.replies == [first, second]


def test_background_of_a_question_names_colleagues_of_the_asker(entry):
    company = CompanyFactory()
    asker = MemberFactory(company=company)
    colleague = MemberFactory(company=company)
    MemberFactory(company=company, is_active=False)
    MemberFactory(company=CompanyFactory())

    found = background_of(a_prospect_asks(entry.forum, author=asker), reader=entry.member)

    assert [member for member, _ in found.colleagues] == [colleague]


def test_background_without_a_company_has_no_colleagues(entry):
    MemberFactory.create_batch(2, company=None)

    assert background_of(a_prospect_asks(entry.forum), reader=entry.member).colleagues == []


def test_background_has_at_most_five_hand_overs(entry):
    question = a_prospect_asks(entry.forum)
    people = [entry.member, RosterEntryFactory(forum=entry.forum).member]
    manager = MemberFactory(role="manager")
    for number in range(6):
        hand_over(question, actor=manager, to=people[number % 2], note=str(number))

    found = background_of(DeskQuestion.objects.get(), reader=manager)

    assert [row.note for row in found.handovers] == ["5", "4", "3", "2", "1"]


def test_current_position_without_history_is_none():
    assert current_position(MemberFactory()) is None


@pytest.mark.parametrize(
    ("peers", "staff", "share", "too_much"),
    [(0, 0, 0, False), (0, 1, 100, False), (1, 1, 50, False), (1, 2, 66, True), (3, 1, 25, False)],
)
def test_too_much_staff_is_above_the_limit_of_the_forum(entry, peers, staff, share, too_much):
    question = a_prospect_asks(entry.forum)
    question.peer_replies, question.staff_replies = peers, staff

    assert (question.staff_share, question.has_too_much_staff) == (share, too_much)


def test_an_answer_was_late_when_the_first_reply_by_staff_came_after_the_deadline(entry):
    in_time, late = (a_prospect_asks(entry.forum, minutes_ago=minutes) for minutes in (60, 600))
    for question in (in_time, late):
        a_reply(question.topic, entry.member)
        track_topic(question.pk)

    assert [card(question).is_late for question in (in_time, late)] == [False, True]
    assert card(late).late_by == "6 h"
