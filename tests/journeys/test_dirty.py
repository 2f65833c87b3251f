"""From the event log to dirty rows, and from dirty rows to drain tasks."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.core.management import call_command

from community.core import redis_client
from community.events.models import Event
from community.events.services import recording
from community.members.services.roles import set_roles
from journeys import followers, tasks
from journeys.models import Dirty, MemberState, StageHistory
from journeys.services import dirty, shards
from journeys.services.wake import WAKE_KEY
from tests.factories.members import MemberFactory
from tests.support import is_marked

from .journey_fixtures import drained, happened, moment, replied

pytestmark = pytest.mark.django_db


def marked() -> set[tuple[int, object]]:
    return set(Dirty.objects.values_list("member_id", "day"))


def test_mark_adds_each_member_day_once():
    one, other = MemberFactory(), MemberFactory()
    for member, day in ((one, 3), (one, 3), (one, 4), (other, 3)):
        replied(member, day)

    followers.mark(list(Event.objects.all()))

    assert Dirty.objects.count() == 3
    assert marked() == {(member.pk, moment(day).date()) for member, day in ((one, 3), (one, 4), (other, 3))}


def test_mark_assigns_members_to_their_shard():
    member = MemberFactory()
    followers.mark([replied(member, 3)])

    assert Dirty.objects.get().shard == member.pk % dirty.SHARDS


def test_mark_twice_keeps_both_rows():
    event = replied(MemberFactory(), 3)

    followers.mark([event])
    followers.mark([event])

    assert Dirty.objects.count() == 2


def test_mark_of_a_retraction_marks_the_day_of_the_retracted_event():
    member = MemberFactory()
    reply = replied(member, 30)
    recording.retract([reply], reason="Spam.")

    followers.mark([Event.objects.get(name="event.retracted")])

    assert marked() == {(member.pk, moment(30).date())}


def test_mark_of_a_reinstatement_marks_that_day_too():
    member = MemberFactory()
    reply = replied(member, 30)
    recording.retract([reply], reason="Spam.")
    recording.reinstate([reply], reason="It was not.")

    followers.mark([Event.objects.get(name="event.reinstated")])

    assert marked() == {(member.pk, moment(30).date())}


def test_mark_uses_the_utc_day():
    event = happened(MemberFactory(), "visit.day", 3, hour=23)

    followers.mark([event])

    assert Dirty.objects.get().day == moment(3).date()


def test_mark_uses_the_utc_day_of_a_moment_in_another_time_zone():
    member = MemberFactory()
    event = happened(member, "visit.day", 3, hour=20)  # the next day in Tokyo
    recording.retract([event], reason="A test.")
    taken_back = Event.objects.get(name="event.retracted")
    event.occurred_at = event.occurred_at.astimezone(ZoneInfo("Asia/Tokyo"))
    taken_back.props["occurred_at"] = event.occurred_at.isoformat()

    for one in (event, taken_back):
        Dirty.objects.all().delete()
        followers.mark([one])

        assert marked() == {(member.pk, moment(3).date())}


def test_mark_ignores_events_without_a_member_and_neutral_events():
    member = MemberFactory()
    badge = happened(member, "badge.earned", 3, badge="student")
    recording.retract([badge], reason="A mistake.")
    nobody = replied(member, 3)
    nobody.member_id = None

    followers.mark([badge, nobody, Event.objects.get(name="event.retracted")])

    assert marked() == set()


def test_joining_or_leaving_the_team_marks_the_member():
    member = MemberFactory()
    replied(member, 3)
    drained()

    set_roles(member, ["sales"])
    drained()
    assert not MemberState.objects.exists()

    set_roles(member, [])
    drained()
    assert MemberState.objects.get().stage == "engagement"


def test_a_changed_role_is_recorded_once():
    member = MemberFactory()

    for roles in (["sales"], ["sales"], ["sales", "support"]):
        set_roles(member, roles)

    told = Event.objects.filter(name="member.role_changed").order_by("received_at")
    assert [event.props for event in told] == [
        {"role": "sales", "previous": ""},
        {"role": "support", "previous": "sales"},
    ]


def test_mark_wakes_a_worker_once_after_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(tasks.wake, "delay", lambda: woken.append(1))
    first, second = replied(MemberFactory(), 3), replied(MemberFactory(), 3)

    with django_capture_on_commit_callbacks(execute=True):
        followers.mark([first])
        followers.mark([second])
        assert woken == []

    assert woken == [1]
    assert is_marked(WAKE_KEY)


def test_mark_succeeds_without_a_broker(monkeypatch, django_capture_on_commit_callbacks):
    def refuse():
        raise ConnectionError("Redis is away.")

    monkeypatch.setattr(tasks.wake, "delay", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        followers.mark([replied(MemberFactory(), 3)])

    assert Dirty.objects.count() == 1


def test_wake_starts_one_drain_per_waiting_shard(monkeypatch):
    started = []
    monkeypatch.setattr(tasks.drain, "delay", lambda *args: started.append(args))
    dirty.mark_members([1, 2, dirty.SHARDS + 2])
    redis_client.mark(WAKE_KEY, seconds=10)

    tasks.wake()

    assert started == [(1,), (2,)]
    assert not is_marked(WAKE_KEY)


def test_drain_task_runs_until_the_shard_is_empty():
    first = MemberFactory()
    for member in (first, *(MemberFactory(pk=first.pk + dirty.SHARDS * number) for number in (1, 2, 3))):
        replied(member, 1)
    dirty.mark_events(Event.objects.all())

    tasks.drain(dirty.shard_of(first.pk), limit=2)

    assert not Dirty.objects.exists()


def test_drain_task_enqueues_itself_again_when_out_of_time(monkeypatch):
    queued = []
    monkeypatch.setattr(tasks.drain, "delay", lambda *args: queued.append(args))
    monkeypatch.setattr(tasks, "MAX_SECONDS", -1)
    dirty.mark_members([1, 1 + dirty.SHARDS])

    tasks.drain(1, limit=1)

    assert queued == [(1, 1)]
    assert Dirty.objects.count() == 1


def test_drain_task_retries_with_a_smaller_batch_after_a_timeout(monkeypatch):
    def too_slow(shard, *, limit):
        raise SoftTimeLimitExceeded

    queued = []
    monkeypatch.setattr(tasks.drain, "delay", lambda *args: queued.append(args))
    monkeypatch.setattr(shards, "drain", too_slow)

    tasks.drain(1)

    assert queued == [(1, 1250)]


def test_due_task_marks_due_members():
    member = MemberFactory()
    replied(member, 3)
    drained()
    MemberState.objects.update(next_due=shards.today())

    tasks.due()

    assert marked() == {(member.pk, shards.today())}


def test_due_task_ignores_other_members():
    replied(MemberFactory(), 3)
    drained()
    MemberState.objects.update(next_due=shards.today() + timedelta(days=1))

    tasks.due()

    assert marked() == set()


def test_journeys_drain_command_drains_all_shards():
    replied(MemberFactory(), 3)
    dirty.mark_events(Event.objects.all())
    said = StringIO()

    call_command("journeys_drain", stdout=said)

    assert StageHistory.objects.count() == 1
    assert said.getvalue().startswith("Recomputed 1 member-days and wrote")
