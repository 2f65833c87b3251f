"""The funnel, with the boundaries of cohort and window."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from journeys.models import MemberState
from journeys.reports.funnel import funnel
from journeys.services.shards import today
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, happened, replied

pytestmark = pytest.mark.django_db
STAGES = ["discovery", "engagement", "conversion", "relationship"]


def registered(member, days_ago):
    return happened(member, "member.registered", days_ago, source="signup")


def steps(**period):
    return {step.key: step for step in funnel(**period).steps}


def test_funnel_names_the_stages_in_order():
    assert [step.key for step in funnel().steps] == STAGES
    assert all(step.label for step in funnel().steps)


def test_empty_funnel_does_not_divide_by_zero():
    found = funnel()

    assert found.members == 0
    assert {(step.of_first, step.lost) for step in found.steps} == {(0.0, 0)}


def test_funnel_defaults_to_the_last_year():
    found = funnel()

    assert (found.start, found.end) == (today() - timedelta(days=365), today())


@pytest.mark.parametrize(("days_ago", "counted"), [(31, 0), (30, 1), (20, 1), (10, 1), (9, 0)])
def test_funnel_period_includes_both_ends(days_ago, counted):
    registered(MemberFactory(), days_ago)
    drained()

    found = funnel(start=today() - timedelta(days=30), end=today() - timedelta(days=10))

    assert found.members == counted


@pytest.mark.parametrize(("later", "reached"), [(29, 1), (30, 1), (31, 0)])
def test_funnel_window_starts_when_first_seen(later, reached):
    member = MemberFactory()
    registered(member, 100)
    replied(member, 100 - later)
    drained()

    found = steps(within=30)["engagement"]

    assert (found.reached, found.lost) == (reached, 1 - reached)


@pytest.mark.parametrize(("days_ago", "still_open"), [(10, 1), (29, 1), (30, 0), (31, 0)])
def test_funnel_counts_members_within_the_window_as_open(days_ago, still_open):
    registered(MemberFactory(), days_ago)
    drained()

    found = steps(within=30)["engagement"]

    assert (found.open, found.lost) == (still_open, 1 - still_open)
    assert found.drawn_open == still_open


def test_funnel_counts_a_first_purchase_as_passing_earlier_stages():
    bought(MemberFactory(), 20)
    drained()

    found = steps()

    assert [found[key].reached for key in STAGES] == [1, 1, 1, 0]
    assert (found["discovery"].skipped, found["engagement"].skipped) == (1, 1)


def test_funnel_shares_are_relative_to_the_first_step():
    for number in range(4):
        member = MemberFactory()
        registered(member, 60)
        if number < 2:
            replied(member, 50)
        if number < 1:
            bought(member, 20)
    drained()

    found = steps()

    assert [found[key].of_first for key in STAGES] == [1, 0.5, 0.25, 0]


def test_funnel_adds_up_at_every_step():
    for number in range(6):
        member = MemberFactory()
        registered(member, 30 * number + 5)
        if number % 2:
            replied(member, 30 * number + 2)
        if number % 3 == 1:
            bought(member, 30 * number)
    drained()

    for within in (1, 30, 180):
        found = list(steps(within=within).values())
        for before, step in pairwise(found):
            assert step.reached + step.open + step.lost == before.reached
            assert min(step.reached, step.open, step.lost, step.skipped) >= 0
            assert step.skipped <= step.reached


def test_funnel_ignores_superseded_rows():
    member = MemberFactory()
    registered(member, 20)
    drained()
    registered(member, 500)
    drained()

    assert funnel().members == 0
    assert funnel(start=today() - timedelta(days=600)).members == 1


def test_funnel_excludes_staff():
    registered(MemberFactory(role="support"), 20)
    drained()

    assert funnel().members == MemberState.objects.count() == 0


def test_funnel_of_a_reversed_period_is_empty():
    registered(MemberFactory(), 20)
    drained()

    assert funnel(start=today(), end=today() - timedelta(days=60)).members == 0


def test_funnel_takes_two_queries(django_assert_num_queries):
    registered(MemberFactory(), 20)
    drained()

    with django_assert_num_queries(2):
        funnel()
