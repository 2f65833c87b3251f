import pytest
from django.contrib.auth.models import AnonymousUser

from community.forum.models import Post, Topic
from community.qa import rules
from tests.factories.forum import AnswerFactory, CommentFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "takes"),
    [("question", True), ("idea", True), ("discussion", False), ("article", False), ("announcement", False)],
)
def test_takes_votes_depends_on_the_kind_of_an_opening(kind, takes):
    topic = TopicFactory(kind=Topic.Kind(kind))
    opening = Post(topic=topic, kind=Post.Kind.OPENING)

    assert rules.takes_votes(opening, topic) == takes


def test_takes_votes_holds_for_answers_and_not_for_replies_or_comments():
    answer = AnswerFactory()
    reply = PostFactory(kind=Post.Kind.REPLY)
    comment = CommentFactory()

    assert rules.takes_votes(answer, answer.topic)
    assert not rules.takes_votes(reply, reply.topic)
    assert not rules.takes_votes(comment, comment.topic)


def test_can_accept_in_is_for_the_asker_and_staff():
    question = QuestionFactory()

    assert rules.can_accept_in(question.author, question)
    assert rules.can_accept_in(MemberFactory(role="support"), question)
    assert not rules.can_accept_in(MemberFactory(), question)
    assert not rules.can_accept_in(AnonymousUser(), question)


def test_can_accept_in_questions_only():
    discussion = TopicFactory()

    assert not rules.can_accept_in(discussion.author, discussion)
    assert not rules.can_accept_in(MemberFactory(role="manager"), discussion)


@pytest.mark.parametrize("role", ["sales", "support", "product", "moderator", "manager"])
def test_can_mark_official_is_for_the_team(role):
    assert rules.can_mark_official(MemberFactory(role=role))


def test_can_mark_official_is_not_for_members_or_visitors():
    assert not rules.can_mark_official(MemberFactory())
    assert not rules.can_mark_official(AnonymousUser())
