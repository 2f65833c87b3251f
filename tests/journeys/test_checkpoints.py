"""The kept states of busy members: what a drain continues from them, and when it must not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from community.events.models import Event
from community.events.services import recording
from journeys import tasks
from journeys.engine.default_rules import DEFAULT_RULES
from journeys.models import Checkpoint, MemberDay, MemberState, Ruleset, StageHistory
from journeys.services import checkpoints, dirty, overrides, removal, replay, rulesets, shards
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drain_all, drained, happened, replied

pytestmark = pytest.mark.django_db
LATEST = 3  # days ago


@pytest.fixture(autouse=True)
def everyone_is_busy(monkeypatch):
    monkeypatch.setattr(checkpoints, "MANY", 1)
    monkeypatch.setattr(checkpoints, "AGAIN", 1)


@pytest.fixture
def member():
    """A member with a checkpoint, whose rollup before it was changed without notice."""
    found = MemberFactory()
    bought(found, 100)
    drained()
    drain_a_reply(found)
    forget_the_purchase(found)
    return found


def drain_a_reply(member, days_ago=LATEST) -> None:
    event = replied(member, days_ago)
    dirty.mark_events([event])
    drain_all()


def forget_the_purchase(member) -> None:
    MemberDay.objects.filter(member_id=member.pk, kind="purchase.completed").delete()


def is_customer(member) -> bool:
    return StageHistory.objects.current().filter(member=member, exited_on=None, stage="relationship").exists()


def kept_since(member) -> list[int]:
    """Return how many days ago the member's checkpoints are."""
    days = Checkpoint.objects.filter(member_id=member.pk).order_by("-since").values_list("since", flat=True)
    return [(shards.today() - day).days for day in days]


def test_drain_of_the_latest_days_does_not_read_the_earlier_ones(member):
    drain_a_reply(member)

    assert is_customer(member)


def test_a_drain_because_of_the_date_does_not_read_the_earlier_days_either(member):
    MemberState.objects.update(next_due=shards.today())
    dirty.mark_due(shards.today())
    drain_all()

    assert is_customer(member)


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


def other_rules(member) -> None:
    Checkpoint.objects.update(ruleset=7)


def other_code(member) -> None:
    Checkpoint.objects.update(code="older")


def new_role(member) -> None:
    dirty.mark_members([member.pk])


def replayed(member) -> None:
    shards.replay(dirty.shard_of(member.pk), [member.pk])


def rolled_up(member) -> None:
    today = shards.today()
    shards.roll_up_month(today - timedelta(days=110), today - timedelta(days=90))
    forget_the_purchase(member)


def removed(member) -> None:
    assert removal.delete_journeys([member.pk])["journeys.Checkpoint"] == 1
    dirty.mark_events([replied(member, LATEST)])


@pytest.mark.parametrize(
    "happens",
    [
        earlier_event,
        retraction,
        override,
        new_rules,
        other_rules,
        other_code,
        new_role,
        replayed,
        rolled_up,
        removed,
    ],
)
def test_no_drain_continues_from_before(happens, member):
    happens(member)
    drain_a_reply(member)

    assert not is_customer(member)


@pytest.mark.parametrize("happens", [earlier_event, retraction, override, new_role, replayed, rolled_up])
def test_whatever_changes_earlier_days_deletes_the_checkpoint(happens, member, monkeypatch):
    monkeypatch.setattr(checkpoints, "FEW", 0)  # keep no others
    happens(member)
    drain_all()

    assert not Checkpoint.objects.exists()


def test_a_large_drain_continues_from_a_checkpoint_but_keeps_none(member, monkeypatch):
    monkeypatch.setattr(checkpoints, "FEW", 0)
    before = kept_since(member)
    drain_a_reply(member, 0)
    assert is_customer(member)
    assert kept_since(member) == before

    drain_a_reply(MemberFactory())

    assert Checkpoint.objects.count() == 1


def test_a_checkpoint_is_twice_as_far_back_as_the_first_dirty_day(member):
    assert kept_since(member) == [2 * LATEST + 1]

    drain_a_reply(member, 2 * LATEST)

    assert is_customer(member)


def test_a_checkpoint_moves_on_with_many_facts(member, monkeypatch):
    monkeypatch.setattr(checkpoints, "AGAIN", 3)
    for ago in (5, 4):
        drain_a_reply(member, ago)
        assert kept_since(member) == [2 * LATEST + 1]

    drain_a_reply(member, 0)

    assert kept_since(member)[0] == 1
    assert is_customer(member)


def months_pass(member, time_machine, *months: int) -> None:
    """Let the member reply on the 19th, 20th and 21st of these months."""
    for month in months:
        for day in (19, 20, 21):
            time_machine.move_to(f"2026-{month:02}-{day} 12:00")
            drain_a_reply(member, 0)


def test_there_is_a_checkpoint_for_each_of_the_last_months(time_machine):
    member = MemberFactory()
    months_pass(member, time_machine, *range(1, 8))
    tasks.due()

    found = Checkpoint.objects.filter(member_id=member.pk).order_by("month")

    assert [f"{row.since:%m-%d}" for row in found] == ["04-20", "05-20", "06-20", "07-20"]


def test_a_late_event_is_folded_from_the_month_before(time_machine):
    member = MemberFactory()
    time_machine.move_to("2026-04-21 12:00")
    bought(member, 50)
    drained()
    months_pass(member, time_machine, 5, 6)
    forget_the_purchase(member)

    drain_a_reply(member, 10)

    assert is_customer(member)


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
