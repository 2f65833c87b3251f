from datetime import datetime

import pytest

from community.badges.models import Badge
from community.badges.services.progress import Progress, progress_of
from community.events.catalogue import ANSWER_ACCEPTED, QUESTION_ASKED, REPLY_CREATED
from tests.factories.badges import happen
from tests.factories.forum import AnswerFactory, PostFactory, QuestionFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def progress(member, *slugs: str) -> dict[str, Progress]:
    return progress_of(member, list(Badge.objects.filter(slug__in=slugs)))


def test_progress_counts_events_up_to_the_threshold():
    member = MemberFactory()
    happen(REPLY_CREATED, member, times=6, words=2, is_answer=True, topic_id=1)
    happen(REPLY_CREATED, MemberFactory(), times=30, words=2, is_answer=True, topic_id=1)

    assert progress(member, "answerer-5", "answerer-25", "commentator") == {
        "answerer-5": Progress(5, 5),
        "answerer-25": Progress(6, 25),
        "commentator": Progress(0, 5),
    }


def test_progress_counts_each_object_or_day_once():
    answer = AnswerFactory()
    happen(ANSWER_ACCEPTED, answer.author, times=3, subject=answer, topic_id=1, minutes=1)
    happen(QUESTION_ASKED, answer.author, times=3, title="Why?", category="Help")

    assert progress(answer.author, "guidance-counsellor", "curious") == {
        "guidance-counsellor": Progress(1, 10),
        "curious": Progress(1, 5),
    }


def test_progress_uses_the_best_post_or_the_number_of_posts():
    member = MemberFactory()
    AnswerFactory(author=member, score=7)
    PostFactory(author=member, like_count=1)
    PostFactory(author=member, like_count=2)

    assert progress(member, "nice-answer", "appreciated", "nice-question") == {
        "nice-answer": Progress(7, 10),
        "appreciated": Progress(2, 20),
        "nice-question": Progress(0, 10),
    }


def test_progress_excludes_firsts_streaks_and_manual_badges():
    assert progress(MemberFactory(), "first-like", "enthusiast", "newcomer-of-the-month") == {}


def test_progress_takes_two_queries_for_all_badges(django_assert_num_queries):
    member, badges = MemberFactory(), list(Badge.objects.active())

    with django_assert_num_queries(2):
        progress_of(member, badges)


def test_percent_is_relative_to_need():
    assert Progress(3, 10).percent == 30


def test_progress_excludes_answers_to_own_questions_and_counts_the_members_days():
    question = QuestionFactory(author__time_zone="Pacific/Honolulu")
    author = question.author
    AnswerFactory(topic=question, author=author, score=9)
    happen(REPLY_CREATED, author, counterpart=author, words=2, is_answer=True, topic_id=1)
    happen(REPLY_CREATED, author, counterpart=MemberFactory(), words=2, is_answer=True, topic_id=1)
    for at in ("2026-02-01T23:30Z", "2026-02-02T00:30Z"):  # one evening in Honolulu
        happen(QUESTION_ASKED, author, at=datetime.fromisoformat(at), title="Why?", category="Help")

    assert progress(author, "answerer-5", "nice-answer", "curious") == {
        "answerer-5": Progress(1, 5),
        "nice-answer": Progress(0, 10),
        "curious": Progress(1, 5),
    }
