"""A member's timeline: its bands and what is excluded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.events.services import recording
from journeys.models import Override
from journeys.reports.timeline import events_of, timeline
from journeys.services import overrides
from journeys.services.shards import today
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, happened, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory()


def pinned(member, **fields):
    return overrides.set_override(
        member,
        **{
            "stage": "conversion",
            "mode": "pin",
            "reason": "Paid by cheque.",
            "actor": MemberFactory(role="manager"),
            **fields,
        },
    )


def test_timeline_on_the_first_day_does_not_divide_by_zero(member):
    replied(member, 0)
    drained()

    (band,) = timeline(member).bands

    assert (band.days, band.share, band.is_open) == (0, 0, True)


def test_timeline_shares_add_up_to_the_whole_time(member):
    replied(member, 100)
    bought(member, 70)
    happened(member, "purchase.refunded", 20, cents=4900, external_id="order-1", full=True)
    drained()

    bands = timeline(member).bands

    assert sum(band.share for band in bands) == pytest.approx(1)
    assert sum(band.days for band in bands) == 100


def test_timeline_bands_follow_one_another_without_gaps(member):
    replied(member, 100)
    bought(member, 70)
    happened(member, "purchase.refunded", 20, cents=4900, external_id="order-1", full=True)
    drained()

    rows = [band.row for band in timeline(member).bands]

    assert [row.exited_on for row in rows[:-1]] == [row.effective_on for row in rows[1:]]
    assert [band.is_open for band in timeline(member).bands][-1]


def test_timeline_of_staff_is_empty():
    staff = MemberFactory(role="support")
    replied(staff, 5)
    drained()

    found = timeline(staff)

    assert (found.state, list(found.bands), found.superseded) == (None, [], 0)


def test_timeline_excludes_other_members(member):
    other = MemberFactory()
    bought(other, 5)
    pinned(other)
    replied(member, 3)
    drained()

    found = timeline(member)

    assert [band.row.stage for band in found.bands] == ["engagement"]
    assert found.override is None


def test_timeline_ignores_a_cleared_override(member):
    pinned(member)
    overrides.clear_override(member, actor=MemberFactory(role="manager"))

    assert timeline(member).override is None


@pytest.mark.parametrize(("over", "shown"), [(0, True), (1, False), (30, False)])
def test_timeline_shows_an_override_until_its_last_day(member, over, shown):
    override = pinned(member)
    Override.objects.filter(pk=override.pk).update(
        starts_on=today() - timedelta(days=60), expires_on=today() - timedelta(days=over - 1)
    )

    assert (timeline(member).override is not None) is shown


def test_timeline_shows_the_second_of_two_overrides(member):
    pinned(member)
    second = pinned(member, stage="relationship", reason="Signed for a year.")

    assert timeline(member).override == second


def test_events_of_a_member_exclude_retracted_ones(member):
    kept, gone = replied(member, 5), replied(member, 3)
    recording.retract([gone], reason="Spam.")

    assert list(events_of(member)) == [kept]


def test_events_of_a_member_are_their_own(member):
    replied(MemberFactory(), 5, counterpart=member)

    assert list(events_of(member)) == []
