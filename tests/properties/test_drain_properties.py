"""Properties of the drains, for random logs that arrive in random order and are drained at random times.

The numbers are those of the journey model's list.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from advocacy.models import Score, ScoreHistory
from community.events.models import Event
from community.events.services import recording
from journeys.models import Checkpoint, Dirty, MemberDay, MemberState, StageHistory
from journeys.services import checkpoints, dirty, overrides, replay, shards
from tests.factories.members import MemberFactory
from tests.journeys.journey_fixtures import drain_all
from tests.journeys.random_lives import add_random_events
from tests.support import random_members

pytestmark = pytest.mark.django_db
SEEDS = 4
SCORE = (
    "member_id",
    "score",
    "band",
    "explanation",
    "next_due",
)  # not the best score, which is never lowered
seeds = pytest.mark.parametrize("seed", range(SEEDS))


@pytest.fixture
def members():
    return [MemberFactory() for _ in range(-(-random_members(24) // SEEDS))]


@pytest.fixture(autouse=True)
def everyone_is_busy(monkeypatch):
    """Let drains of a few members continue from checkpoints, whose age decides how many late events go before them."""
    monkeypatch.setattr(checkpoints, "MANY", 1)
    monkeypatch.setattr(checkpoints, "AGAIN", 1)
    monkeypatch.setattr(checkpoints, "KEEP", timedelta(300))


def everything(*, believed=True) -> list:
    """Return everything that the engine has stored, without ids and timestamps."""
    history = StageHistory.objects.current() if believed else StageHistory.objects.all()
    return [
        list(MemberDay.objects.order_by("member_id", "day", "kind").values_list()),
        list(
            history.order_by("member_id", "seq").values_list(
                "member_id",
                "seq",
                "prev",
                "stage",
                "sub_stage",
                "facets",
                "cycle",
                "effective_on",
                "exited_on",
                "rule",
                "evidence",
                "evidence_n",
                "facts",
            )
        ),
        list(MemberState.objects.order_by("member_id").values_list()),
        list(Score.objects.order_by("member_id").values_list(*SCORE)),
    ]


def log() -> list[Event]:
    return list(Event.objects.exclude(name__startswith="stage.").order_by("event_id"))


def start_over() -> None:
    for model in (MemberDay, MemberState, StageHistory, Score, ScoreHistory, Dirty):
        model.objects.all().delete()


def arrive(dice: random.Random, found: list[Event]) -> None:
    """Record events in random batches, with drains between some of them."""
    most = len(found) // 3
    dice.shuffle(found)
    while found:
        size = dice.randint(1, most)
        batch, found = found[:size], found[size:]
        dirty.mark_events(batch)
        if dice.random() < 0.5:
            drain_some(dice)


def drain_some(dice: random.Random) -> None:
    for shard in shards.waiting_shards():
        if dice.random() < 0.7:
            shards.drain(shard, limit=dice.choice([1, 3, 5000]))


@seeds
def test_1_order_of_arrival_and_times_of_drains_do_not_matter(seed, members):
    dice = random.Random(seed)
    add_random_events(dice, members, 20 * len(members))
    arrive(dice, log())
    drain_all()
    one = everything()

    start_over()
    arrive(random.Random(seed + 100), log())
    drain_all()

    assert everything() == one


@seeds
def test_2_an_event_delivered_twice_changes_nothing(seed, members):
    dice = random.Random(seed)
    add_random_events(dice, members, 13 * len(members))
    dirty.mark_events(log())
    drain_all()
    once = everything(believed=False)

    again = dice.sample(log(), 3 * len(members))
    recording.record_all(
        [
            recording.Draft(
                name=one.name,
                occurred_at=one.occurred_at,
                payload=one.props,
                member_id=one.member_id,
                event_id=one.event_id,
                object_type=one.object_type,
                value_cents=one.value_cents,
            )
            for one in again
        ]
    )
    dirty.mark_events(again)
    drain_all()

    assert everything(believed=False) == once


@seeds
def test_3_incremental_drains_equal_a_replay(seed, members):
    dice = random.Random(seed)
    for _ in range(4):
        add_random_events(dice, members, 5 * len(members))
        dirty.mark_events(log())
        drain_some(dice)
    drain_all()

    assert replay.check_everyone().differences == []


@seeds
def test_drains_that_continue_from_checkpoints_equal_a_fresh_fold(seed, members, manager):
    dice = random.Random(seed)
    add_random_events(dice, members, 20 * len(members))
    dirty.mark_events(log())
    drain_all()
    for _ in range(8):
        before = {event.event_id for event in log()}
        match dice.randrange(8):
            case 0:
                recording.retract(dice.sample(log(), 3), reason="Taken back.")
            case 1:
                dirty.mark_members([dice.choice(members).pk])
            case 2:
                overrides.set_override(
                    dice.choice(members), stage="engagement", mode="pin", reason="Asked.", actor=manager
                )
            case _:
                add_random_events(dice, members, dice.randint(1, 4), latest=dice.choice([20, 90, 700]))
        dirty.mark_events(event for event in log() if event.event_id not in before)
        drain_all()

        assert replay.check_everyone().differences == []
    assert Checkpoint.objects.exists()


@seeds
def test_4_draining_twice_writes_nothing(seed, members):
    add_random_events(random.Random(seed), members, 16 * len(members))
    dirty.mark_events(log())
    drain_all()
    before = everything(believed=False)

    dirty.mark_events(log())
    rows = drain_all()

    assert rows == 0
    assert replay.replay_everyone().rows == 0
    assert everything(believed=False) == before


@seeds
def test_5_retracted_events_are_as_if_they_never_happened(seed, members):
    dice = random.Random(seed)
    add_random_events(dice, members, 13 * len(members))
    dirty.mark_events(log())
    drain_all()
    without = everything()

    before = {event.event_id for event in log()}
    add_random_events(dice, members, 5 * len(members))
    dirty.mark_events(log())
    drain_all()
    recording.retract([event for event in log() if event.event_id not in before], reason="Taken back.")
    dirty.mark_events(log())
    drain_all()

    assert everything() == without
    assert replay.check_everyone().differences == []


@seeds
def test_8_every_row_in_the_database_has_evidence_that_happened_before_it(seed, members):
    add_random_events(random.Random(seed), members, 16 * len(members))
    dirty.mark_events(log())
    drain_all()
    day_of = {event.event_id: event.occurred_at.date() for event in log()}

    rows = StageHistory.objects.current()

    assert rows.exists()
    assert all(day_of[one] <= row.effective_on for row in rows for one in row.evidence)
