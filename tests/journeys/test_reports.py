from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from community.members.models import Member
from community.moderation.services import sanctions
from journeys.models import MemberState, StageHistory
from journeys.reports import funnel, movement, overview, timeline
from journeys.services import overrides, shards
from tests.factories.forum import AnswerFactory, QuestionFactory
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, happened, moment, replied

pytestmark = pytest.mark.django_db


def test_stage_counts_name_every_stage_and_sub_stage():
    replied(MemberFactory(), 3)
    replied(MemberFactory(), 300)
    bought(MemberFactory(), 200)
    drained()

    counts = overview.stage_counts()

    assert [(c.key, c.members) for c in counts] == [
        ("discovery", 1),
        ("engagement", 1),
        ("conversion", 0),
        ("relationship", 1),
    ]
    assert [(s.key, s.members) for s in counts[1].sub_stages] == [
        ("exploring", 1),
        ("evaluating", 0),
        ("win_back", 0),
    ]
    assert (counts[0].dormant, counts[3].share) == (1, pytest.approx(1 / 3))


def test_stage_counts_of_an_empty_community_are_zero():
    assert [count.share for count in overview.stage_counts()] == [0, 0, 0, 0]


def test_stage_counts_take_one_query(django_assert_num_queries):
    for _ in range(3):
        replied(MemberFactory(), 3)
    drained()

    with django_assert_num_queries(1):
        overview.stage_counts()


def test_recent_moves_have_member_and_reason_latest_first():
    early, late = MemberFactory(), MemberFactory()
    replied(early, 10)
    bought(late, 2)
    drained()

    moves = overview.recent_moves()

    assert [move.member for move in moves] == [late, early]
    assert moves[0].sentence == "Bought for the first time: bought for 49.00 EUR."


def test_recent_moves_ignore_changes_of_sub_stage():
    member = MemberFactory()
    replied(member, 10)
    happened(member, "demo.requested", 5)
    drained()

    assert [move.sub_stage for move in overview.recent_moves()] == ["exploring"]


def test_funnel_counts_reached_skipped_open_and_lost():
    one_by_one, skipping, on_the_way, too_late = [MemberFactory() for _ in range(4)]
    happened(one_by_one, "visit.day", 300)
    replied(one_by_one, 290)
    bought(one_by_one, 280)  # in relationship after 30 days
    happened(skipping, "visit.day", 300)
    bought(skipping, 280)
    happened(on_the_way, "visit.day", 20)
    happened(too_late, "visit.day", 300)
    replied(too_late, 100)
    drained()

    found = funnel.funnel(within=90)

    assert [(s.key, s.reached, s.skipped, s.open, s.lost) for s in found.steps] == [
        ("discovery", 4, 0, 0, 0),
        ("engagement", 2, 1, 1, 1),
        ("conversion", 2, 0, 0, 0),
        ("relationship", 2, 0, 0, 0),
    ]
    assert [step.of_first for step in found.steps] == [1, 0.5, 0.5, 0.5]


def test_funnel_of_a_period_excludes_other_members():
    replied(MemberFactory(), 300)
    replied(MemberFactory(), 30)
    drained()

    found = funnel.funnel(start=shards.today() - timedelta(days=60))

    assert found.members == 1


def test_funnel_without_members_is_empty():
    assert [step.of_first for step in funnel.funnel().steps] == [0, 0, 0, 0]


def test_funnel_equals_the_distinct_members_of_the_history():
    for days_ago in (10, 40, 200):
        member = MemberFactory()
        happened(member, "visit.day", days_ago + 5)
        bought(member, days_ago)
    drained()

    found = funnel.funnel()

    reached = [step.reached for step in found.steps]
    assert reached == sorted(reached, reverse=True)
    converted = StageHistory.objects.current().filter(stage="conversion")
    assert found.steps[2].reached == converted.values("member").distinct().count() == 3


def test_timeline_has_bands_with_days_and_an_open_one():
    member = MemberFactory()
    replied(member, 50)
    bought(member, 10)
    drained()

    found = timeline.timeline(member)

    assert [(b.row.stage, b.days, b.is_open) for b in found.bands] == [
        ("engagement", 40, False),
        ("conversion", 10, True),
    ]
    assert [band.share for band in found.bands] == [0.8, 0.2]
    assert found.state.stage == "conversion"
    assert found.superseded == 0


def test_timeline_of_a_member_without_events_is_empty():
    found = timeline.timeline(MemberFactory())

    assert (found.state, found.bands, found.override) == (None, [], None)


def test_timeline_shows_a_live_override():
    member, manager = MemberFactory(), MemberFactory(role="manager")
    replied(member, 5)
    set_by_hand = overrides.set_override(
        member, stage="conversion", mode="pin", reason="Paid by cheque.", actor=manager
    )
    drained()

    assert timeline.timeline(member).override == set_by_hand


def test_timeline_counts_superseded_rows():
    member = MemberFactory()
    replied(member, 5)
    drained()
    replied(member, 9)
    drained()

    assert timeline.timeline(member).superseded == 1


def test_companions_interacted_before_the_step():
    member, voter, helper, late = [MemberFactory() for _ in range(4)]
    question = QuestionFactory(author=member)
    AnswerFactory(topic=question, author=helper, created_at=moment(12))
    AnswerFactory(topic=question, author=late, created_at=moment(3))
    for _ in range(2):
        happened(member, "helpful_vote.received", 11, counterpart=voter, topic_id=1)
    happened(member, "helpful_vote.received", 60, counterpart=late, topic_id=1)
    bought(member, 10)
    drained()

    band = timeline.timeline(member).bands[-1]

    assert [(c.member, c.did) for c in band.companions] == [
        (voter, (("found an answer helpful", 2),)),
        (helper, (("answered", 1),)),
    ]
    assert band.companions[0].times == 2


def test_timeline_takes_the_same_queries_for_any_length(django_assert_max_num_queries):
    short, long = MemberFactory(), MemberFactory()
    replied(short, 5)
    for nth in range(5):
        bought(long, 100 + nth * 100, f"order-{nth}")
        refunded = {"external_id": f"order-{nth}", "full": True}
        happened(long, "purchase.refunded", 60 + nth * 100, cents=4900, **refunded)
    drained()

    for member in (short, long):
        with django_assert_max_num_queries(8):
            timeline.timeline(member)


def test_events_of_a_member_exclude_the_engines_own():
    member = MemberFactory()
    first, second = replied(member, 5), replied(member, 3)
    drained()

    assert list(timeline.events_of(member)) == [second, first]


def test_chips_are_the_states_of_those_who_have_one(django_assert_num_queries):
    member, nobody = MemberFactory(), MemberFactory()
    replied(member, 5)
    drained()

    with django_assert_num_queries(1):
        found = overview.chips([member.pk, nobody.pk, member.pk])

    assert found == {member.pk: MemberState.objects.get()}


def counted() -> tuple[int, int, int, int]:
    """Return how many members the counts, the movement, the funnel and the moves have."""
    return (
        sum(count.members for count in overview.stage_counts()),
        movement.movement().members,
        funnel.funnel().members,
        len(overview.latest_moves(10)),
    )


def test_reports_leave_out_members_who_cannot_log_in():
    stays, spammer, paused, silenced, gone = MemberFactory.create_batch(5)
    for member in (stays, spammer, paused, silenced, gone):
        replied(member, 3)
    drained()
    moderator = MemberFactory(role="moderator")
    suspend = partial(sanctions.impose, actor=moderator, rule="spam", reason="Spam.")
    suspend(spammer, kind="suspension")
    week = suspend(paused, kind="suspension", ends_at=timezone.now() + timedelta(days=7))
    suspend(silenced, kind="silence")
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    without = counted()
    sanctions.lift(week, actor=moderator, reason="It was a mistake.")

    assert without == (2, 2, 2, 2)
    assert counted() == (3, 3, 3, 3)
