"""Companions: who counts, within which window, and the labels of what they did."""

from __future__ import annotations

import pytest

from community.events.services import recording
from community.forum.models import Post
from community.members.models import Invitation
from journeys.models import StageHistory
from journeys.reports.companions import companions
from tests.factories.forum import AnswerFactory, CommentFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, happened, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory()


def step(member, days_ago=10) -> StageHistory:
    """Return the history row of a purchase that many days ago."""
    bought(member, days_ago)
    drained()
    return member.stage_history.current().latest("seq")


def beside(member, days_ago=10):
    row = step(member, days_ago)
    return [(c.member, dict(c.did)) for c in companions(member, [row])[row.pk]]


def test_companions_without_steps_are_empty(member, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert companions(member, []) == {}


def test_companions_of_a_step_without_interactions_are_empty(member):
    assert beside(member) == []


@pytest.mark.parametrize(
    ("name", "did", "payload"),
    [
        ("helpful_vote.received", "found an answer helpful", {"topic_id": 1}),
        ("question_vote.received", "voted for a question", {"topic_id": 1}),
        ("reaction.received", "liked a post", {"topic_id": 1, "type": "like"}),
        ("member.mentioned", "mentioned them", {"topic_id": 1}),
    ],
)
def test_companions_acts_come_from_the_event_log(member, name, did, payload):
    other = MemberFactory()
    happened(member, name, 12, counterpart=other, **payload)

    assert beside(member) == [(other, {did: 1})]


@pytest.mark.parametrize(("days_ago", "is_there"), [(10, True), (9, False), (40, True), (41, False)])
def test_companions_are_limited_to_the_window(member, days_ago, is_there):
    happened(member, "member.mentioned", days_ago, counterpart=MemberFactory(), topic_id=1)

    assert bool(beside(member, 10)) is is_there


def test_companions_exclude_the_member(member):
    question = QuestionFactory(author=member)
    AnswerFactory(topic=question, author=member, created_at=moment(12))
    happened(member, "member.mentioned", 12, counterpart=member, topic_id=1)

    assert beside(member) == []


def test_companions_answered_in_the_members_topics_only(member):
    AnswerFactory(topic=QuestionFactory(), created_at=moment(12))

    assert beside(member) == []


def test_companions_answered_with_comments_too(member):
    answer = AnswerFactory(topic=QuestionFactory(author=member), created_at=moment(90))
    comment = CommentFactory(parent=answer, created_at=moment(11))

    assert beside(member) == [(comment.author, {"answered": 1})]


@pytest.mark.parametrize("status", [Post.Status.HIDDEN, Post.Status.DELETED, Post.Status.PENDING])
def test_companions_ignore_hidden_replies(member, status):
    PostFactory(topic=TopicFactory(author=member), created_at=moment(12), status=status)

    assert beside(member) == []


def test_companions_ignore_retracted_events(member):
    event = happened(member, "member.mentioned", 12, counterpart=MemberFactory(), topic_id=1)
    recording.retract([event], reason="Spam.")

    assert beside(member) == []


def test_companions_include_the_inviter(member):
    inviter = MemberFactory()
    Invitation.objects.create(
        email="ada@example.com", invited_by=inviter, member=member, accepted_at=moment(15)
    )

    assert beside(member) == [(inviter, {"invited them": 1})]


def test_companions_ignore_unaccepted_invitations(member):
    Invitation.objects.create(email="ada@example.com", invited_by=MemberFactory(), member=member)

    assert beside(member) == []


def test_companions_are_sorted_by_number_of_acts(member):
    once, thrice = MemberFactory(), MemberFactory()
    happened(member, "member.mentioned", 12, counterpart=once, topic_id=1)
    for _ in range(2):
        happened(member, "member.mentioned", 12, counterpart=thrice, topic_id=1)
    happened(member, "reaction.received", 12, counterpart=thrice, topic_id=1, type="like")

    found = beside(member)

    assert found == [(thrice, {"mentioned them": 2, "liked a post": 1}), (once, {"mentioned them": 1})]


def test_companions_are_eight_at_most(member):
    for _ in range(10):
        happened(member, "member.mentioned", 12, counterpart=MemberFactory(), topic_id=1)

    assert len(beside(member)) == 8


def test_companions_are_grouped_by_step(member):
    early, late = MemberFactory(), MemberFactory()
    happened(member, "member.mentioned", 200, counterpart=early, topic_id=1)
    happened(member, "member.mentioned", 12, counterpart=late, topic_id=1)
    rows = StageHistory.objects.current().filter(member=member)
    bought(member, 199)
    bought(member, 10, "order-2")
    drained()

    found = companions(member, list(rows))

    met = {row.effective_on: [c.member for c in found[row.pk]] for row in rows}
    assert met[min(met)] == [early]
    assert [late] in met.values()
    assert not any(early in people and late in people for people in met.values())


def test_companions_acts_are_added_up(member):
    other = MemberFactory()
    question = QuestionFactory(author=member)
    AnswerFactory(topic=question, author=other, created_at=moment(12))
    happened(
        member,
        "question.resolved",
        12,
        counterpart=other,
        about=question,
        by=other.pk,
        minutes=5,
        by_staff=False,
    )
    row = step(member)

    (companion,) = companions(member, [row])[row.pk]

    assert (companion.times, dict(companion.did)) == (2, {"solved a question": 1, "answered": 1})


@pytest.mark.parametrize("people", [1, 3])
def test_companions_take_the_same_queries_for_one_and_three(member, people, django_assert_num_queries):
    for _ in range(people):
        happened(member, "member.mentioned", 12, counterpart=MemberFactory(), topic_id=1)
    row = step(member)

    with django_assert_num_queries(4):
        companions(member, [row])
