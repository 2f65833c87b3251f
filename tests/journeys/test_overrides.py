from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from community.events.models import Event
from journeys.models import MemberState, Override, StageHistory
from journeys.services import dirty, overrides, shards
from tests.factories.members import MemberFactory

from .journey_fixtures import drain_all, drained, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    member = MemberFactory()
    replied(member, 3)
    drained()
    return member


def set_stage(member, actor, **options):
    values = {"stage": "conversion", "mode": "pin", "reason": "Paid by cheque.", **options}
    return overrides.set_override(member, actor=actor, **values)


def test_override_shows_beside_the_computed_stage(member, manager):
    set_stage(member, manager)
    drain_all()

    state = MemberState.objects.get()
    assert (state.shown_stage, state.stage, state.is_overridden) == ("conversion", "engagement", True)
    assert StageHistory.objects.get().stage == "engagement"


def test_override_defaults_to_thirty_days(member, manager):
    override = set_stage(member, manager)

    assert override.expires_on == shards.today() + timedelta(days=30)


def test_override_expires_and_writes_only_the_shown_stage(member, manager):
    override = set_stage(member, manager, days=2)
    drain_all()
    assert MemberState.objects.get().next_due == override.expires_on

    dirty.mark_due(override.expires_on)
    shards.drain(dirty.shard_of(member.pk), as_of=override.expires_on)

    state = MemberState.objects.get()
    assert (state.shown_stage, state.is_overridden) == ("engagement", False)
    assert StageHistory.objects.count() == 1


def test_floor_only_applies_to_earlier_stages(member, manager):
    set_stage(member, manager, stage="discovery", mode="floor")
    drain_all()

    assert MemberState.objects.get().shown_stage == "engagement"


def test_override_is_recorded_and_replaces_the_one_before(member, manager):
    first = set_stage(member, manager)
    second = set_stage(member, manager, stage="relationship")

    first.refresh_from_db()
    assert (first.cleared_by, second.cleared_at) == (manager, None)
    names = Event.objects.filter(name__startswith="override.").order_by("received_at", "name")
    assert sorted(event.name for event in names) == ["override.cleared", "override.set", "override.set"]
    event = Event.objects.get(name="override.set", object_id=second.pk)
    assert (event.member_id, event.actor_id, event.props["stage"]) == (member.pk, manager.pk, "relationship")


def test_clearing_shows_the_computed_stage_again(member, manager):
    set_stage(member, manager)
    drain_all()

    overrides.clear_override(member, actor=manager)
    drain_all()

    assert MemberState.objects.get().shown_stage == "engagement"


def test_clearing_without_an_override_changes_nothing(member, manager):
    overrides.clear_override(member, actor=manager)

    assert not Event.objects.filter(name="override.cleared").exists()
    assert shards.waiting_shards() == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reason": "  "}, "needs a reason"),
        ({"days": 181}, "1 to 180 days"),
        ({"days": 0}, "1 to 180 days"),
    ],
)
def test_override_without_reason_or_end_is_refused(member, manager, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        set_stage(member, manager, **options)

    assert not Override.objects.exists()


def test_override_of_staff_is_refused(manager):
    with pytest.raises(ValueError, match="Team members have no stage"):
        set_stage(MemberFactory(role="sales"), manager)


def test_override_without_reason_is_refused_by_the_database(member, manager):
    override = set_stage(member, manager)

    with pytest.raises(IntegrityError, match="override_has_reason"), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(reason="")
