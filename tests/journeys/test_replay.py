"""The independent check: folding every member from the raw events equals what the drains stored."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from itertools import pairwise
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from advocacy.models import Score
from community.events.catalogue import EVENT_RETRACTED, EventName
from community.events.models import Event
from community.events.services import recording
from community.events.services.cursors import follow
from community.members.models import Member
from journeys.models import Dirty, EngineVersion, MemberDay, MemberState, StageHistory
from journeys.services import dirty, replay, rollup, shards
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drain_all, drained, moment, replied
from .random_lives import add_random_events

pytestmark = pytest.mark.django_db


def check() -> replay.Comparison:
    return replay.check_everyone()


def about(found: replay.Comparison) -> set[str]:
    """Return which parts of the engine's data the differences are about."""
    return {part for part in ("rollup", "history", "state") for d in found.differences if f" {part} " in d}


def test_check_of_an_empty_community_finds_nothing():
    found = check()

    assert (found.members, found.differences) == (0, [])


def test_check_finds_nothing_after_500_late_events_and_100_retractions():
    dice = random.Random(20)
    members = [MemberFactory() for _ in range(40)]
    add_random_events(dice, members, 800)
    drained()

    add_random_events(dice, members, 500)
    events_kept = list(Event.objects.not_retracted().exclude(name__startswith="stage."))
    recording.retract(dice.sample(events_kept, 100), reason="Taken back.")
    drained()

    found = check()
    assert found.differences == []
    assert (found.members, found.waiting) == (40, 0)
    assert Event.objects.filter(name="event.retracted").count() == 100


def test_order_of_arrival_does_not_matter():
    members = [MemberFactory() for _ in range(12)]
    add_random_events(random.Random(3), members, 300)
    log = list(Event.objects.all())
    random.Random(4).shuffle(log)

    for start in range(0, len(log), 50):
        dirty.mark_events(log[start : start + 50])
        for shard in shards.waiting_shards():
            shards.drain(shard)

    assert check().differences == []


def test_both_rollups_order_a_day_by_the_clock_then_by_the_log():
    member = MemberFactory()
    noon = moment(5)
    late_id, early_id = UUID(int=2), UUID(int=1)
    of_day = [
        ("support.ticket_closed", noon + timedelta(hours=5, microseconds=123_457), UUID(int=9), {}),
        ("support.ticket_opened", noon - timedelta(hours=3), UUID(int=8), {"severity": 1}),
        ("support.ticket_opened", noon, late_id, {}),  # of one moment, so by the log and not by the id
        ("support.ticket_opened", noon, early_id, {}),
    ]
    for name, at, event_id, more in of_day:
        record(member, name, at, event_id, external_id="t-1", **more)
    drained()

    stored = {day.kind: day for day in MemberDay.objects.filter(member_id=member.pk)}

    assert check().differences == []
    assert [item["id"] for item in stored["support.ticket_opened"].items] == [
        str(UUID(int=8)),
        str(late_id),
        str(early_id),
    ]
    assert stored["support.ticket_closed"].items[0]["at"] == 17 * 3_600_000_000 + 123_457


@pytest.mark.parametrize("at", [time(0, 0), time(0, 30), time(23, 30), time(23, 59, 59, 999_999)], ids=str)
def test_an_event_at_either_end_of_a_utc_day_belongs_to_that_day(at):
    member = MemberFactory()
    day = moment(5).date()
    record(member, "visit.day", datetime.combine(day, at, UTC), UUID(int=1))
    drained()

    days = MemberDay.objects.filter(member_id=member.pk).values_list("day", flat=True)

    assert list(days) == [day]
    assert replay.replay_everyone().rows == 0
    assert check().differences == []
    recording.retract(list(Event.objects.filter(member=member, name="visit.day")), reason="A test.")
    dirty.mark_events(Event.objects.filter(name=EVENT_RETRACTED))
    drain_all()
    assert list(days.all()) == []


def test_items_without_a_time_are_repaired_by_a_replay():
    member = MemberFactory()
    bought(member, 200)
    drained()
    day = MemberDay.objects.get(member_id=member.pk)
    good = day.items
    timeless = [{key: value for key, value in item.items() if key not in ("at", "log")} for item in good]
    MemberDay.objects.filter(member_id=member.pk).update(items=timeless)

    dirty.mark_everyone()
    drain_all()
    assert about(check()) == {"rollup"}
    replay.replay_everyone()

    assert MemberDay.objects.get(member_id=member.pk, kind="purchase.completed").items == good
    assert check().differences == []


def record(member, name, at, event_id, **payload):
    draft = recording.Draft(
        name=EventName(name),
        occurred_at=at,
        payload=payload,
        object_type="test.thing",
        member_id=member.pk,
        event_id=event_id,
    )
    recording.record_all([draft])


def test_check_skips_dirty_members():
    replied(MemberFactory(), 3)
    dirty.mark_events(Event.objects.all())

    found = check()

    assert (found.waiting, found.members, found.differences) == (1, 0, [])


def test_check_skips_members_who_are_due():
    replied(MemberFactory(), 3)
    drained()
    MemberState.objects.update(next_due=shards.today(), activity="cooling")

    assert (check().waiting, check().differences) == (1, [])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda: MemberDay.objects.update(n=7), "the rollup of"),
        (lambda: StageHistory.objects.update(evidence_n=7), "history row 1 is"),
        (lambda: StageHistory.objects.all().delete(), "history row 1 is None"),
        (lambda: MemberState.objects.update(activity="dormant"), "the state is"),
        (lambda: MemberState.objects.all().delete(), "the state is None"),
        (lambda: Member.objects.update(customer_since="2020-01-01"), "customer since 2020-01-01"),
    ],
)
def test_check_reports_tampered_rows(spoil, sentence):
    bought(MemberFactory(), 3)
    drained()

    spoil()

    assert [sentence in difference for difference in check().differences] == [True]


def test_check_reports_an_event_that_was_not_marked():
    member = MemberFactory()
    replied(member, 3)
    drained()

    replied(member, 9)

    assert about(check()) == {"rollup", "history", "state"}


@pytest.mark.parametrize("staff", [{"role": "sales"}, {"is_superuser": True}], ids=str)
def test_check_reports_staff_with_a_stage(staff):
    member = MemberFactory()
    replied(member, 3)
    drained()

    Member.objects.update(**staff)

    assert about(check()) == {"history", "state"}


def test_replay_command_check_prints_a_summary():
    replied(MemberFactory(), 3)
    drained()
    said = StringIO()

    call_command("journeys_replay", check=True, stdout=said)

    assert "Compared 1 members and 1 member-days." in said.getvalue()
    assert "No differences." in said.getvalue()


def test_replay_command_check_fails_on_a_difference_and_writes_nothing():
    replied(MemberFactory(), 3)
    drained()
    MemberDay.objects.update(n=7)

    with pytest.raises(CommandError, match="1 differences"):
        call_command("journeys_replay", check=True, stdout=StringIO())

    assert MemberDay.objects.get().n == 7
    assert not Dirty.objects.exists()


def tampered() -> None:
    MemberDay.objects.update(n=7)
    StageHistory.objects.update(evidence_n=7)
    MemberState.objects.update(activity="dormant", next_due=shards.today() + timedelta(days=999))


def test_replay_repairs_tampered_rows():
    member = MemberFactory()
    replied(member, 3)
    drained()
    tampered()
    MemberDay.objects.create(member_id=member.pk, day=moment(9).date(), kind="topic.created", n=1, ids=b"")
    MemberDay.objects.create(
        member_id=MemberFactory().pk, day=moment(9).date(), kind="reply.created", n=1, ids=b""
    )
    said = StringIO()

    call_command("journeys_replay", stdout=said)

    assert check().differences == []
    assert StageHistory.objects.filter(superseded_at__isnull=False).count() == 1
    assert "Members recomputed: 2. Histories corrected: 1. Rows written: " in said.getvalue()


def test_a_second_replay_writes_nothing():
    members = [MemberFactory() for _ in range(30)]
    add_random_events(random.Random(3), members, 600)
    drained()
    drained()

    done = replay.replay_everyone()

    assert (done.members, done.rows, done.corrected) == (30, 0, 0)


def test_replay_clears_the_dirty_queue():
    member = MemberFactory()
    drained()
    replied(member, 3)
    while follow("journeys.mark"):
        pass
    assert Dirty.objects.exists()

    replay.replay_everyone()

    assert not Dirty.objects.exists()
    assert check().differences == []


@pytest.mark.parametrize("record_events", [True, False])
def test_a_replay_may_record_no_events(record_events):
    member = MemberFactory()
    bought(member, 200)
    drained()
    StageHistory.objects.update(stage="discovery", prev="")
    Score.objects.update(band="champion", score=99)
    told = Event.objects.count()

    done = replay.replay_everyone(record_events=record_events)

    assert done.corrected == 1
    assert (Event.objects.count() > told) is record_events
    assert check().differences == []
    assert StageHistory.objects.filter(superseded_at__isnull=False, stage="discovery").exists()


def test_migrate_replays_after_an_upgrade_of_the_engine():
    replied(MemberFactory(), 3)
    drained()
    tampered()
    EngineVersion.objects.all().delete()  # as before there was one
    told, said, again = Event.objects.count(), StringIO(), StringIO()

    call_command("migrate", stdout=said)
    call_command("migrate", stdout=again)

    assert "Members recomputed: 1. Histories corrected: 1." in said.getvalue()
    assert "recomputed" not in again.getvalue()
    assert EngineVersion.objects.get().version == replay.ENGINE_VERSION
    assert Event.objects.count() == told
    assert check().differences == []


def test_replay_rolls_up_everything_without_dirty_days():
    member = MemberFactory()
    replied(member, 3)
    replied(member, 400)

    replay.replay_everyone()

    assert MemberDay.objects.count() == 2
    assert MemberState.objects.filter(member=member).exists()
    assert check().differences == []


def test_replay_of_members_rolls_up_their_dirty_days():
    """As those that became dirty after their month was rolled up."""
    member = MemberFactory()
    dirty.mark_events([replied(member, 3)])

    changes = shards.replay(dirty.shard_of(member.pk), [member.pk])

    assert (changes.rollup, changes.states) == (1, 1)
    assert not Dirty.objects.exists()
    assert check().differences == []


def test_roll_up_month_waits_for_every_shard_and_leaves_dirty_days():
    member = MemberFactory()
    event = replied(member, 3)
    dirty.mark_events([event])
    first = event.occurred_at.date()

    written = shards.roll_up_month(first, first + timedelta(days=1))

    assert written == 1
    assert Dirty.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT objid FROM pg_locks WHERE classid = 7001 AND granted ORDER BY objid")
        assert [shard for (shard,) in cursor.fetchall()] == list(range(dirty.SHARDS))


def test_months_cover_events_and_rollups_without_gaps():
    assert list(rollup.months()) == []
    member = MemberFactory()
    replied(member, 100)
    MemberDay.objects.create(member_id=member.pk, day=moment(400).date(), kind="x", n=1, ids=b"")

    found = list(rollup.months())

    assert found[0][0] == moment(400).date().replace(day=1)
    assert found[-1][0] == moment(100).date().replace(day=1)
    assert all(last == first for (_, last), (first, _) in pairwise(found))
