"""`Member.accepted_answers` counts the answers that helped others, as everybody can see them."""

import pytest
from django.contrib.auth.models import Group

from community.forum.services import posts, topics
from community.members.models import Member
from community.qa import services
from community.qa.tasks import recount_accepted
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def counts(*members):
    return [Member.objects.get(pk=member.pk).accepted_answers for member in members]


def accepted(**fields):
    answer = AnswerFactory(**fields)
    services.accept_answer(answer, actor=answer.topic.author)
    return answer


def test_accepting_and_unaccepting_count_at_once():
    one, other = AnswerFactory(), AnswerFactory()
    AnswerFactory(author=one.author, topic=other.topic)

    services.accept_answer(one, actor=one.topic.author)
    after_one = counts(one.author, other.author)
    services.unaccept_answer(one, actor=one.topic.author)

    assert (after_one, counts(one.author, other.author)) == ([1, 0], [0, 0])


def test_accepting_another_answer_moves_the_count():
    first = accepted()
    second = AnswerFactory(topic=first.topic)

    services.accept_answer(second, actor=first.topic.author)

    assert counts(first.author, second.author) == [0, 1]


def test_answers_to_oneself_and_in_private_places_do_not_count():
    question = QuestionFactory()
    own = accepted(topic=question, author=question.author)
    private = CategoryFactory(groups=[Group.objects.create(name="owners")])
    hidden = [
        accepted(topic__category=category)
        for category in (private, CategoryFactory(parent=private), CategoryFactory(see_by="members"))
    ]

    services.recount_accepted()

    assert counts(own.author, *(answer.author for answer in hidden)) == [0, 0, 0, 0]


def test_recount_follows_what_was_hidden_moved_and_deleted():
    moderator = MemberFactory(role="moderator")
    author = MemberFactory()
    answers = [accepted(author=author) for _ in range(4)]
    posts.hide(answers[0], actor=moderator, reason="Spam.")
    topics.move(
        answers[1].topic, to=CategoryFactory(groups=[Group.objects.create(name="owners")]), actor=moderator
    )
    posts.delete(answers[2], actor=moderator)
    before = Member.objects.get(pk=author.pk).accepted_answers

    recount_accepted()

    assert (before, counts(author)) == (4, [1])
    assert services.recount_accepted() == 0


def test_recount_of_some_leaves_others_alone():
    one, other = accepted().author, accepted().author
    Member.objects.update(accepted_answers=9)

    assert services.recount_accepted([one.pk]) == 1
    assert counts(one, other) == [1, 9]
