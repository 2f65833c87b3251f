from datetime import timedelta

import pytest
from django.utils import timezone

from community.core.permissions import Refused
from community.events.models import Event
from community.forum.models import Post, Topic
from community.qa import services
from community.qa.models import OfficialMark, Question, Vote
from tests.factories.forum import AnswerFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.forum.event_log import event_names, get_event

pytestmark = pytest.mark.django_db


def test_accept_answer_stores_who_and_when():
    answer = AnswerFactory()
    now = timezone.now()

    question = services.accept_answer(answer, actor=answer.topic.author, now=now)

    assert (question.accepted_answer, question.accepted_by, question.accepted_at) == (
        answer,
        answer.topic.author,
        now,
    )
    assert Post.objects.get(pk=answer.pk).is_accepted
    assert Topic.objects.get(pk=answer.topic_id).is_solved


def test_accept_answer_records_author_and_asker():
    now = timezone.now()
    asked = now - timedelta(hours=2)
    question = QuestionFactory(created_at=asked)
    answer = AnswerFactory(topic=question, created_at=asked + timedelta(minutes=30))

    services.accept_answer(answer, actor=question.author, now=now)

    accepted, resolved = get_event("answer.accepted"), get_event("question.resolved")
    assert (accepted.member_id, accepted.counterpart_id) == (answer.author_id, question.author_id)
    assert accepted.props == {"topic_id": question.pk, "minutes": 30}
    assert (resolved.member_id, resolved.counterpart_id) == (question.author_id, answer.author_id)
    assert resolved.props == {"by": answer.author_id, "minutes": 120, "by_staff": False}


def test_accept_answer_twice_records_one_event():
    answer = AnswerFactory()

    for _ in range(2):
        services.accept_answer(answer, actor=answer.topic.author)

    assert Event.objects.filter(name="answer.accepted").count() == 1


def test_accepting_another_answer_replaces_the_first():
    question = QuestionFactory()
    first, second = AnswerFactory(topic=question), AnswerFactory(topic=question)
    services.accept_answer(first, actor=question.author)

    services.accept_answer(second, actor=question.author)

    assert list(question.posts.filter(is_accepted=True)) == [second]
    assert get_event("answer.accepted").object_id == second.pk
    assert get_event("question.resolved").props["by"] == second.author_id


def test_unaccept_answer_retracts_the_events():
    answer = AnswerFactory()
    services.accept_answer(answer, actor=answer.topic.author)

    for _ in range(2):
        services.unaccept_answer(answer, actor=answer.topic.author)

    assert Question.objects.get().accepted_answer is None
    assert not Topic.objects.get(pk=answer.topic_id).is_solved
    assert event_names() == []


def test_accept_after_unaccept_counts_again():
    answer = AnswerFactory()
    services.accept_answer(answer, actor=answer.topic.author)
    services.unaccept_answer(answer, actor=answer.topic.author)

    services.accept_answer(answer, actor=answer.topic.author)

    assert sorted(event_names()) == ["answer.accepted", "question.resolved"]


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_unpublished_answer_is_not_accepted(status):
    answer = AnswerFactory(status=status)

    with pytest.raises(Refused, match="only accept a published answer"):
        services.accept_answer(answer, actor=answer.topic.author)


def test_reply_to_a_discussion_is_not_accepted():
    reply = PostFactory()

    with pytest.raises(Refused, match="only accept a published answer"):
        services.accept_answer(reply, actor=reply.topic.author)


def test_vote_on_an_answer_records_both_events():
    answer, voter = AnswerFactory(), MemberFactory()

    for _ in range(2):
        services.vote(answer, member=voter, value=1)

    assert Post.objects.get(pk=answer.pk).score == 1
    assert get_event("vote.given").props == {"topic_id": answer.topic_id, "value": 1}
    received = get_event("helpful_vote.received")
    assert (received.member_id, received.counterpart_id) == (answer.author_id, voter.pk)


def test_vote_on_a_question_updates_the_topics_score():
    question, voter = QuestionFactory(), MemberFactory()

    services.vote(question.posts.get(), member=voter, value=1)

    assert Topic.objects.get(pk=question.pk).score == 1
    assert sorted(event_names()) == ["question_vote.received", "vote.given"]


def test_changing_a_vote_counts_the_difference():
    answer, voter = AnswerFactory(), MemberFactory()
    scores = []

    for value in (1, -1, 0, 1):
        scores.append(services.vote(answer, member=voter, value=value).score)

    assert scores == [1, -1, 0, 1]
    assert Vote.objects.get().value == 1
    assert sorted(event_names()) == ["helpful_vote.received", "vote.given"]


def test_down_vote_records_no_received_event():
    answer = AnswerFactory()

    services.vote(answer, member=MemberFactory(), value=-1)

    assert event_names() == ["vote.given"]


def test_idea_takes_up_votes_only():
    idea = TopicFactory(kind="idea")
    voter = MemberFactory()

    services.vote(idea.posts.get(), member=voter, value=1)
    with pytest.raises(Refused, match="only vote ideas up"):
        services.vote(idea.posts.get(), member=voter, value=-1)

    assert Topic.objects.get(pk=idea.pk).score == 1
    assert event_names() == ["vote.given"]


def test_own_answer_takes_no_votes():
    answer = AnswerFactory()

    with pytest.raises(Refused, match="your own posts"):
        services.vote(answer, member=answer.author, value=1)


def test_discussion_takes_no_votes():
    with pytest.raises(Refused, match="only vote on questions"):
        services.vote(PostFactory(), member=MemberFactory(), value=1)


def test_vote_of_two_is_refused():
    with pytest.raises(Refused, match="not a valid vote"):
        services.vote(AnswerFactory(), member=MemberFactory(), value=2)


def test_hidden_answer_takes_no_votes():
    with pytest.raises(Refused, match="at the moment"):
        services.vote(AnswerFactory(status="hidden"), member=MemberFactory(), value=1)


def test_mark_official_stores_who_and_can_be_undone():
    answer, support = AnswerFactory(), MemberFactory(role="support")

    for _ in range(2):
        services.mark_official(answer, actor=support)
    marked = (Post.objects.get(pk=answer.pk).is_official, OfficialMark.objects.get().member, event_names())
    for _ in range(2):
        services.unmark_official(answer, actor=support)

    assert marked == (True, support, ["answer.marked_official"])
    assert not Post.objects.get(pk=answer.pk).is_official
    assert event_names() == []


def test_question_itself_is_not_marked_official():
    with pytest.raises(Refused, match="Only answers and replies"):
        services.mark_official(QuestionFactory().posts.get(), actor=MemberFactory(role="support"))
