from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from community.badges import tasks
from community.badges.models import Award, Badge
from community.badges.services import awards, catalogue
from community.events.catalogue import ANSWER_ACCEPTED, BADGE_EARNED, REACTION_GIVEN, REPLY_CREATED
from community.events.models import Event
from community.events.services.cursors import follow
from tests.factories.badges import AwardFactory, BadgeFactory, happen
from tests.factories.forum import AnswerFactory, QuestionFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def earned_events():
    return Event.objects.not_retracted().filter(name=BADGE_EARNED)


def names_of(member) -> list[str]:
    return sorted(Award.objects.of_member(member).values_list("badge__slug", flat=True))


def test_award_earned_gives_the_badge_and_records_it():
    member = MemberFactory()
    happen(REACTION_GIVEN, member, type="like", topic_id=1)

    (award,) = awards.award_earned()

    event = earned_events().get()
    assert (award.badge.slug, award.member, award.source) == ("first-like", member, Award.Source.RULE)
    assert (event.member, event.object_id, event.props) == (
        member,
        award.pk,
        {"badge": "first-like", "level": "bronze"},
    )
    assert event.occurred_at == award.awarded_at


def test_award_earned_twice_gives_it_once():
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)

    given = [len(awards.award_earned()) for _ in range(2)]

    assert given == [1, 0]
    assert earned_events().count() == 1


def test_award_earned_skips_inactive_badges():
    Badge.objects.filter(slug="first-like").update(is_active=False)
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)

    assert awards.award_earned() == []


def test_the_database_refuses_a_second_award():
    award = AwardFactory()

    with pytest.raises(IntegrityError):
        AwardFactory(badge=award.badge, member=award.member)


@pytest.fixture
def committed(transactional_db):
    """Tests with committed transactions flush the database, so the badges may have to be restored."""
    catalogue.sync_badges()


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_award_once(committed):
    members = [MemberFactory() for _ in range(5)]
    for member in members:
        happen(REACTION_GIVEN, member, type="like", topic_id=1)
    together = Barrier(3)

    def work() -> int:
        try:
            together.wait()
            return len(awards.award_earned())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        given = [task.result() for task in [pool.submit(work) for _ in range(3)]]

    assert sorted(given) == [0, 0, 5]
    assert Award.objects.count() == 5
    assert earned_events().count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_follower_awards_what_the_events_earned(committed):
    answer = AnswerFactory()
    happen(ANSWER_ACCEPTED, answer.author, subject=answer, topic_id=answer.topic_id, minutes=3)

    while follow("badges"):
        pass

    award = Award.objects.get(badge__slug="problem-solver")
    assert (award.member, award.post) == (answer.author, answer)


def test_all_rules_about_events_are_checked_by_one_statement():
    member = MemberFactory()
    happen(REPLY_CREATED, member, words=3, is_answer=True, topic_id=1)
    happen(REACTION_GIVEN, member, type="like", topic_id=1)
    statements = []

    def count(execute, sql, *rest):
        statements.append(sql)
        return execute(sql, *rest)

    events = list(Event.objects.all())
    with connection.execute_wrapper(count):
        awards.award_earned(events)

    assert names_of(member) == ["first-answer", "first-like", "first-reply"]
    assert sum("FROM event e" in statement for statement in statements) == 1


def test_events_earn_nothing_for_other_members_of_the_batch():
    one, other = MemberFactory(), MemberFactory()
    happen(REACTION_GIVEN, one, type="like", topic_id=1)
    happen(REACTION_GIVEN, other, type="like", topic_id=1)

    awards.award_earned(list(Event.objects.filter(member=one)))

    assert (names_of(one), names_of(other)) == (["first-like"], [])


def test_a_reply_in_a_later_year_earns_that_year_once():
    member = MemberFactory(joined_at=timezone.now() - timedelta(days=400))
    happen(REPLY_CREATED, member, words=3, is_answer=False, topic_id=1)
    events = list(Event.objects.all())

    given = [[award.key for award in awards.award_earned(events)] for _ in range(2)]

    assert "year:1" in given[0]
    assert given[1] == []


@pytest.mark.django_db(transaction=True)
def test_the_follower_ignores_page_views(committed):
    QuestionFactory(view_count=600)
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)

    while follow("badges"):
        pass

    assert [award.badge.slug for award in Award.objects.all()] == ["first-like"]


def test_the_daily_task_awards_what_no_event_triggers():
    question = QuestionFactory(view_count=1000)

    tasks.award()

    assert names_of(question.author) == ["notable-question", "popular-question"]


def test_badges_award_command_prints_the_awards(capsys):
    QuestionFactory(view_count=500)

    call_command("badges_award")

    assert capsys.readouterr().out == "     1  Popular question\n     1  badges awarded.\n"


def test_badges_sync_command_prints_the_number_written(capsys):
    call_command("badges_sync")

    assert capsys.readouterr().out == "0 badges added or updated.\n"


def test_give_badge_stores_actor_and_reason_and_records_it():
    badge, member, manager = BadgeFactory(), MemberFactory(), MemberFactory(role="manager")

    award = awards.give_badge(badge, member=member, actor=manager, reason="Welcomed everybody.")

    assert (award.source, award.given_by, award.reason) == (
        Award.Source.HAND,
        manager,
        "Welcomed everybody.",
    )
    assert earned_events().get().actor == manager


def test_give_badge_twice_changes_nothing():
    badge, member, manager = BadgeFactory(), MemberFactory(), MemberFactory(role="manager")

    for reason in ("First.", "Second."):
        awards.give_badge(badge, member=member, actor=manager, reason=reason)

    assert Award.objects.get().reason == "First."
    assert earned_events().count() == 1


def test_take_back_keeps_the_row_and_retracts_the_event():
    member, manager = MemberFactory(), MemberFactory(role="manager")
    happen(REACTION_GIVEN, member, type="like", topic_id=1)
    (award,) = awards.award_earned()

    awards.take_back(award, actor=manager, reason="It was a test.")

    award.refresh_from_db()
    assert (award.taken_back_by, award.taken_back_reason) == (manager, "It was a test.")
    assert names_of(member) == []
    assert earned_events().count() == 0
    assert awards.award_earned() == []


def test_take_back_twice_keeps_the_first_reason():
    award, manager = AwardFactory(), MemberFactory(role="manager")

    for reason in ("First.", "Second."):
        awards.take_back(award, actor=manager, reason=reason)

    award.refresh_from_db()
    assert award.taken_back_reason == "First."


def test_give_badge_after_revocation_restores_it():
    badge, member, manager = BadgeFactory(), MemberFactory(), MemberFactory(role="manager")
    award = awards.give_badge(badge, member=member, actor=manager, reason="Yes.")
    awards.take_back(award, actor=manager, reason="No.")

    awards.give_badge(badge, member=member, actor=manager, reason="Yes after all.")

    assert names_of(member) == [badge.slug]
    assert earned_events().count() == 1


def test_revocation_without_a_reason_is_refused_by_the_database():
    with pytest.raises(IntegrityError):
        AwardFactory(taken_back_at="2026-01-01T00:00Z", taken_back_reason="")
