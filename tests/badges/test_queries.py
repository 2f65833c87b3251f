from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from community.badges import criteria
from community.badges.queries import Asked, Earned, earned
from community.events.catalogue import (
    ANSWER_ACCEPTED,
    PROSPECT_PEER_REPLIED,
    REACTION_GIVEN,
    REACTION_RECEIVED,
    REPLY_CREATED,
    VISIT_DAY,
)
from community.events.models import Event
from community.events.services.recording import retract
from tests.factories.badges import AwardFactory, BadgeFactory, happen
from tests.factories.forum import AnswerFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def days_ago(days: float):
    return NOON - timedelta(days=days)


def found(rule: dict, member_ids=None, badge=None) -> list[Earned]:
    return earned([Asked(badge or BadgeFactory(rule=rule), criteria.parse(rule), member_ids)])[0]


def test_an_event_rule_is_met_by_the_event_that_completes_the_count():
    answer = AnswerFactory()
    for day in (9, 5, 2, 1):
        happen(ANSWER_ACCEPTED, answer.author, at=days_ago(day), subject=answer, topic_id=1, minutes=3)

    (row,) = found({"event": "answer.accepted", "at_least": 3})

    third = Event.objects.get(occurred_at=days_ago(2))
    assert row == Earned(answer.author_id, days_ago(2), event_id=third.event_id, post_id=answer.pk)


def test_an_event_rule_is_not_met_by_one_too_few():
    happen(REACTION_GIVEN, MemberFactory(), times=9, type="like", topic_id=1)

    assert found({"event": "reaction.given", "at_least": 10}) == []


def test_an_event_about_a_topic_earns_for_its_opening_post():
    topic = TopicFactory()
    happen(REACTION_GIVEN, topic.author, subject=topic, type="like", topic_id=topic.pk)

    (row,) = found({"event": "reaction.given"})

    assert row.post_id == topic.posts.get().pk


def test_a_retracted_event_does_not_count():
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)
    retract(list(Event.objects.all()), reason="undone")

    assert found({"event": "reaction.given"}) == []


def test_events_of_others_do_not_count_for_the_members_asked_about():
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)

    assert found({"event": "reaction.given"}, [MemberFactory().pk]) == []


STAFF = pytest.mark.parametrize("staff", [{"role": "support"}, {"is_superuser": True}], ids=str)


@STAFF
def test_staff_earn_nothing(staff):
    happen(REACTION_GIVEN, MemberFactory(**staff), type="like", topic_id=1)

    assert found({"event": "reaction.given"}) == []


@STAFF
def test_staff_earn_nothing_for_posts(staff):
    PostFactory(author=MemberFactory(**staff), like_count=5)

    assert found({"post": "reply", "number": "like_count", "at_least": 5}) == []


def test_where_filters_by_payload():
    member = MemberFactory()
    happen(REPLY_CREATED, member, words=3, is_answer=False, topic_id=1)

    assert found({"event": "reply.created", "where": {"is_answer": True}}) == []
    assert len(found({"event": "reply.created", "where": {"is_answer": False}})) == 1


def test_a_window_only_counts_events_close_together():
    member = MemberFactory()
    for day in (40, 20, 12, 10):
        happen(REACTION_GIVEN, member, at=days_ago(day), type="like", topic_id=1)

    (row,) = found({"event": "reaction.given", "at_least": 3, "window_days": 14})

    assert row.at == days_ago(10)
    assert found({"event": "reaction.given", "at_least": 3, "window_days": 10}) == []


@pytest.mark.parametrize(("days", "number"), [((4, 3, 2), 1), ((5, 3, 2), 0), ((4, 4.1, 3), 0)])
def test_a_streak_needs_consecutive_days(days, number):
    member = MemberFactory()
    for day in days:
        happen(VISIT_DAY, member, at=days_ago(day))

    rows = found({"event": "visit.day", "each": "day", "at_least": 3, "window_days": 3})

    assert len(rows) == number


def test_each_counterpart_counts_once():
    member, asker = MemberFactory(), MemberFactory()
    happen(PROSPECT_PEER_REPLIED, member, counterpart=asker, times=2, role="replier")

    rule = {"event": "prospect.peer_replied", "at_least": 2, "each": "counterpart"}
    assert found(rule) == []

    happen(PROSPECT_PEER_REPLIED, member, counterpart=MemberFactory(), role="replier")
    assert len(found(rule)) == 1


def test_a_badge_is_not_earned_again_even_after_revocation():
    member = MemberFactory()
    happen(REACTION_GIVEN, member, type="like", topic_id=1)
    badge = BadgeFactory(rule={"event": "reaction.given"})
    AwardFactory(badge=badge, member=member, taken_back_at=NOON, taken_back_reason="A mistake.")

    assert found(badge.rule, badge=badge) == []


def test_a_post_rule_is_met_once_by_each_post():
    one, other = AnswerFactory(score=10), AnswerFactory(score=25)
    AnswerFactory(score=9)
    badge = BadgeFactory(rule={"post": "answer", "number": "score", "at_least": 10})
    AwardFactory(badge=badge, member=other.author, key=f"post:{other.pk}", post=other)

    rows = found(badge.rule, badge=badge)

    assert [(row.member_id, row.key, row.post_id) for row in rows] == [
        (one.author_id, f"post:{one.pk}", one.pk)
    ]


def test_a_post_rule_is_dated_by_the_last_like_or_vote():
    answer = AnswerFactory(like_count=1)
    happen(REACTION_RECEIVED, answer.author, at=days_ago(3), subject=answer, type="like", topic_id=1)

    (row,) = found({"post": "answer", "number": "like_count", "at_least": 1})

    assert row.at == days_ago(3)


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_an_unpublished_post_earns_nothing(status):
    AnswerFactory(score=10, status=status)

    assert found({"post": "answer", "number": "score", "at_least": 10}) == []


def test_post_rules_distinguish_questions_topics_replies_and_answers():
    question = QuestionFactory(opening__like_count=5)
    topic = TopicFactory(opening__like_count=5)
    reply, answer = PostFactory(like_count=5), AnswerFactory(like_count=5)

    def authors(kind):
        rule = {"post": kind, "number": "like_count", "at_least": 5}
        return {row.member_id for row in found(rule)}

    assert authors("question") == {question.author_id}
    assert authors("topic") == {topic.author_id}
    assert authors("reply") == {reply.author_id}
    assert authors("answer") == {answer.author_id}
    assert authors("any") == {question.author_id, topic.author_id, reply.author_id, answer.author_id}


def test_a_question_earns_by_its_views():
    question = QuestionFactory(view_count=500)
    QuestionFactory(view_count=499)

    (row,) = found({"post": "question", "number": "view_count", "at_least": 500})

    assert row.member_id == question.author_id


def test_times_requires_that_many_posts():
    author = MemberFactory()
    PostFactory.create_batch(2, author=author, like_count=1)
    rule = {"post": "any", "number": "like_count", "at_least": 1, "times": 3}
    assert found(rule) == []

    PostFactory(author=author, like_count=1)

    (row,) = found(rule)
    assert (row.member_id, row.key, row.post_id) == (author.pk, "", None)


def test_all_rules_must_be_met_and_the_last_one_dates_the_award():
    author = MemberFactory()
    PostFactory(author=author, like_count=1, created_at=days_ago(30))
    rule = {
        "all": [
            {"post": "any", "number": "like_count", "at_least": 1, "times": 1},
            {"event": "reaction.given"},
        ]
    }
    assert found(rule) == []

    happen(REACTION_GIVEN, author, at=days_ago(2), type="like", topic_id=1)

    (row,) = found(rule)
    assert (row.member_id, row.at) == (author.pk, days_ago(2))


def test_each_year_is_earned_once_by_a_later_contribution():
    member = MemberFactory(joined_at=days_ago(900))
    happen(REPLY_CREATED, member, at=days_ago(880), words=3, is_answer=False, topic_id=1)
    happen(REPLY_CREATED, member, at=days_ago(400), words=3, is_answer=False, topic_id=1)
    happen(REPLY_CREATED, member, at=days_ago(300), words=3, is_answer=False, topic_id=1)
    happen(REPLY_CREATED, member, at=days_ago(20), words=3, is_answer=False, topic_id=1)
    badge = BadgeFactory(rule={"years": "each"})
    AwardFactory(badge=badge, member=member, key="year:1")

    (row,) = found(badge.rule, badge=badge)

    assert (row.key, row.at) == ("year:2", days_ago(20))


def test_a_manual_badge_is_never_earned():
    assert found({"by": "hand"}) == []


# Days in the member's time zone

AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"


@pytest.mark.parametrize(
    ("zone", "times", "is_met"),
    [
        # 23:30 on the 1st and 00:30 on the 3rd in UTC; in Auckland, 12:30 on the 2nd and 13:30 on the 3rd.
        ("UTC", ["2026-02-01T23:30Z", "2026-02-03T00:30Z"], False),
        (AUCKLAND, ["2026-02-01T23:30Z", "2026-02-03T00:30Z"], True),
        # Two days in UTC, one evening in Honolulu.
        ("UTC", ["2026-02-01T23:30Z", "2026-02-02T00:30Z"], True),
        (HONOLULU, ["2026-02-01T23:30Z", "2026-02-02T00:30Z"], False),
        # The 25-hour day when daylight saving time ends.
        ("Europe/Berlin", ["2025-10-25T22:30Z", "2025-10-26T22:30Z"], False),
        ("Europe/Berlin", ["2025-10-25T22:30Z", "2025-10-26T23:30Z"], True),
        ("Nowhere/Atlantis", ["2026-02-01T23:30Z", "2026-02-02T00:30Z"], True),
    ],
)
def test_days_in_a_row_are_in_the_members_time_zone(zone, times, is_met):
    member = MemberFactory(time_zone=zone)
    for at in times:
        happen(VISIT_DAY, member, at=datetime.fromisoformat(at))

    rule = {"event": "visit.day", "each": "day", "at_least": 2, "window_days": 2}
    of_one, of_all = found(rule, [member.pk]), found(rule)

    assert (bool(of_one), bool(of_all)) == (is_met, is_met)


# Helping others


def test_answers_to_own_questions_do_not_count_as_helping():
    question = QuestionFactory()
    own = AnswerFactory(topic=question, author=question.author, score=30)
    other = AnswerFactory(topic=question, score=30)
    for answer in (own, other):
        happen(
            REPLY_CREATED,
            answer.author,
            subject=answer,
            counterpart=question.author,
            words=3,
            is_answer=True,
            topic_id=1,
        )

    by_event = found({"event": "reply.created", "where": {"is_answer": True}, "others": True})
    by_post = found({"post": "answer", "number": "score", "at_least": 10})
    any_reply = found({"event": "reply.created"})

    assert [row.member_id for row in by_event] == [other.author_id]
    assert [row.member_id for row in by_post] == [other.author_id]
    assert {row.member_id for row in any_reply} == {own.author_id, other.author_id}
