"""The kept states of busy members: what a drain continues from them, and when it must not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from community.events.models import Event
from community.events.services import recording
from journeys.engine.default_rules import DEFAULT_RULES
from journeys.models import Checkpoint, MemberDay, Ruleset, StageHistory
from journeys.services import checkpoints, dirty, overrides, removal, replay, rulesets, shards
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drain_all, drained, happened, replied

pytestmark = pytest.mark.django_db
LATEST = 3  # days ago


@pytest.fixture(autouse=True)
def everyone_is_busy(monkeypatch):
    monkeypatch.setattr(checkpoints, "MANY", 1)


@pytest.fixture
def member():
    """A member with a checkpoint, whose rollup before it was changed without notice."""
    found = MemberFactory()
    bought(found, 100)
    replied(found, LATEST)
    drained()
    MemberDay.objects.filter(member_id=found.pk, kind="purchase.completed").delete()
    return found


def drain_a_reply(member) -> None:
    event = replied(member, LATEST)
    dirty.mark_events([event])
    drain_all()


def is_customer(member) -> bool:
    return StageHistory.objects.current().filter(member=member, exited_on=None, stage="relationship").exists()


def test_drain_of_the_latest_days_does_not_read_the_earlier_ones(member):
    drain_a_reply(member)

    assert is_customer(member)


def test_drain_of_a_checkpoint_of_another_process_folds_all_days_and_keeps_that_checkpoint(member):
    before = Checkpoint.objects.get(pk=member.pk).token
    checkpoints._kept.clear()
    drain_a_reply(member)
    assert not is_customer(member)

    assert Checkpoint.objects.get(pk=member.pk).token == before
    assert member.pk in checkpoints._kept


def earlier_event(member) -> None:
    dirty.mark_events([happened(member, "visit.day", 200)])


def retraction(member) -> None:
    recording.retract([happened(member, "visit.day", 200)], reason="A mistake.")
    dirty.mark_events(Event.objects.filter(name="event.retracted"))


def override(member) -> None:
    overrides.set_override(
        member, stage="discovery", mode="pin", reason="They asked.", actor=MemberFactory(role="manager")
    )


def new_rules(member) -> None:
    new = Ruleset.objects.create(version=2, rules=DEFAULT_RULES)
    rulesets.publish_ruleset(new, actor=MemberFactory(role="manager"))


def new_role(member) -> None:
    dirty.mark_members([member.pk])


def replayed(member) -> None:
    shards.replay(dirty.shard_of(member.pk), [member.pk])


def rolled_up(member) -> None:
    today = shards.today()
    shards.roll_up_month(today - timedelta(days=110), today - timedelta(days=90))
    MemberDay.objects.filter(member_id=member.pk, kind="purchase.completed").delete()


def removed(member) -> None:
    assert removal.delete_journeys([member.pk])["journeys.Checkpoint"] == 1
    dirty.mark_events([replied(member, LATEST)])


@pytest.mark.parametrize(
    "happens", [earlier_event, retraction, override, new_rules, new_role, replayed, rolled_up, removed]
)
def test_no_drain_continues_from_before(happens, member):
    happens(member)
    drain_a_reply(member)

    assert not is_customer(member)


def test_a_checkpoint_is_kept_for_some_weeks(member):
    for days, continues in ((0, True), (28, True), (29, False)):
        replied_on = shards.today() - timedelta(days=LATEST)
        dirty._mark([(member.pk, replied_on)])
        shards.drain(dirty.shard_of(member.pk), as_of=shards.today() + timedelta(days=days))

        assert is_customer(member) == continues


def test_a_drain_as_of_an_earlier_day_folds_all_days(member):
    as_of = shards.today() - timedelta(days=40)
    dirty._mark([(member.pk, as_of)])
    shards.drain(dirty.shard_of(member.pk), as_of=as_of)

    assert not is_customer(member)


def test_what_a_failed_drain_kept_is_not_used(member):
    earlier_event(member)
    with pytest.raises(RuntimeError), transaction.atomic():
        drain_all()
        raise RuntimeError
    MemberDay.objects.filter(member_id=member.pk).delete()
    bought(member, 100, ref="order-2")
    drained()

    assert is_customer(member)
    assert replay.check_everyone().differences == []


def test_a_drain_of_many_members_keeps_nothing(monkeypatch):
    monkeypatch.setattr(checkpoints, "FEW", 0)
    replied(MemberFactory(), LATEST)
    drained()

    assert not Checkpoint.objects.exists()


def test_a_process_keeps_the_states_used_last(monkeypatch):
    monkeypatch.setattr(checkpoints, "MOST", 2)
    members = [MemberFactory() for _ in range(3)]
    for member in members:
        replied(member, 1)
        drained(member)

    assert [pk for pk in checkpoints._kept if pk in {one.pk for one in members}] == [
        one.pk for one in members[1:]
    ]
