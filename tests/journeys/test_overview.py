"""Stage counts and recent transitions: their sums and boundaries."""

from __future__ import annotations

import pytest

from journeys.models import MemberState
from journeys.reports.overview import chips, recent_moves, stage_counts
from journeys.services import overrides
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, moment, replied

pytestmark = pytest.mark.django_db


def test_stage_counts_add_up_to_all_members():
    for days in (3, 4, 300):
        replied(MemberFactory(), days)
    bought(MemberFactory(), 5)
    drained()

    counts = stage_counts()

    assert sum(count.members for count in counts) == MemberState.objects.count() == 4
    assert sum(count.share for count in counts) == pytest.approx(1)


def test_stage_counts_of_the_sub_stages_add_up_to_each_stage():
    for days in (3, 30, 90, 300):
        replied(MemberFactory(), days)
        bought(MemberFactory(), days)
    drained()

    for count in stage_counts():
        assert sum(sub.members for sub in count.sub_stages) == count.members, count.key


def test_stage_counts_exclude_staff():
    replied(MemberFactory(role="support"), 3)
    drained()

    assert [count.members for count in stage_counts()] == [0, 0, 0, 0]


def test_stage_counts_ignore_overrides():
    member = MemberFactory()
    replied(member, 3)
    overrides.set_override(
        member,
        stage="relationship",
        mode="pin",
        reason="A friend of the house.",
        actor=MemberFactory(role="manager"),
    )
    drained()

    assert [count.members for count in stage_counts()] == [0, 1, 0, 0]


def test_stage_counts_have_labels():
    for count in stage_counts():
        assert count.label
        assert all(sub.label for sub in count.sub_stages)


def test_recent_moves_are_the_latest_first():
    first, second, third = MemberFactory.create_batch(3)
    for member, days in ((second, 5), (first, 9), (third, 1)):
        replied(member, days)
    drained()

    assert [row.member for row in recent_moves()] == [third, second, first]


def test_recent_moves_name_people_without_more_queries(django_assert_num_queries):
    for _ in range(3):
        replied(MemberFactory(), 3)
    drained()

    with django_assert_num_queries(1):
        assert len([str(row.member) for row in recent_moves()]) == 3


def test_recent_moves_ignore_superseded_rows():
    member = MemberFactory()
    replied(member, 5)
    drained()
    replied(member, 9)
    drained()

    (row,) = recent_moves()
    assert row.effective_on == moment(9).date()


def test_chips_without_members_are_empty(django_assert_num_queries):
    assert chips([]) == {}


def test_chips_exclude_staff():
    staff = MemberFactory(role="support")
    replied(staff, 3)
    drained()

    assert chips([staff.pk]) == {}
