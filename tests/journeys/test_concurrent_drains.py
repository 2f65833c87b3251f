"""Concurrent drains, writers and killed workers. All tests use committed transactions."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from community.events.services.cursors import follow
from community.events.services.partitions import ensure_months
from community.runtime.embedded import BASE_DIR
from journeys import hooks, tasks
from journeys.models import Dirty, MemberDay, StageHistory
from journeys.services import dirty, replay, shards
from tests.factories.members import MemberFactory
from tests.support import backends_waiting_for_a_lock, in_thread, random_members

from .journey_fixtures import drain_all, moment, replied
from .random_lives import add_random_events

pytestmark = pytest.mark.django_db(transaction=True)


def mark_all() -> None:
    while follow("journeys.mark"):
        pass


def drain_to_the_end() -> None:
    mark_all()
    drain_all()  # the events that it records mark nothing


class SlowSource:
    """An advocacy source that waits inside the drain's transaction, after the rollup."""

    code = ""

    def __init__(self) -> None:
        self.inside, self.go_on, self.left = threading.Event(), threading.Event(), threading.Event()

    def compute(self, facts, as_of, splits=None):
        return {}

    def store(self, results, members, as_of, *, record_events):
        self.inside.set()
        self.go_on.wait(20)
        self.left.set()

    def differences(self, results, members, as_of):
        return []


@pytest.fixture
def slow_source(monkeypatch):
    source = SlowSource()
    monkeypatch.setattr(hooks, "import_string", lambda path: lambda: source)
    yield source
    source.go_on.set()


def test_a_second_worker_skips_a_locked_shard(slow_source):
    member = MemberFactory()
    replied(member, 3)
    mark_all()
    shard = dirty.shard_of(member.pk)
    first = in_thread(lambda: shards.drain(shard))
    slow_source.inside.wait(20)

    assert shards.drain(shard).keys == 0
    assert not slow_source.left.is_set()  # the second one did not wait

    slow_source.go_on.set()
    first.join()
    assert StageHistory.objects.count() == 1
    assert not Dirty.objects.exists()


def test_event_recorded_during_a_drain_is_not_lost(slow_source):
    member = MemberFactory()
    replied(member, 3)
    mark_all()
    drain = in_thread(lambda: shards.drain(dirty.shard_of(member.pk)))
    slow_source.inside.wait(20)

    dirty.mark_events([replied(member, 3)])
    slow_source.go_on.set()
    drain.join()
    drain_all()

    assert MemberDay.objects.get().n == 2
    assert replay.check_everyone().differences == []


def test_event_recorded_during_a_rollup_is_not_lost():
    member = MemberFactory()
    replied(member, 3)
    mark_all()
    with transaction.atomic():
        # Another transaction's row of the same key, for which the rollup waits before it writes what it has read.
        MemberDay.objects.create(
            member_id=member.pk, day=moment(3).date(), kind="reply.created", n=1, ids=b""
        )
        drain = in_thread(lambda: shards.drain(dirty.shard_of(member.pk)))
        wait_until(backends_waiting_for_a_lock)
        in_thread(lambda: dirty.mark_events([replied(member, 3)])).join()
        transaction.set_rollback(True)
    drain.join()
    drain_all()

    assert MemberDay.objects.get().n == 2


def test_event_of_a_late_commit_is_not_lost():
    member = MemberFactory()
    ensure_months(
        [moment(3), moment(9)]
    )  # otherwise the writer's transaction creates them and blocks all others
    wrote, may_commit = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            replied(member, 3)
            wrote.set()
            may_commit.wait(20)

    writer = in_thread(write_slowly)
    wrote.wait(20)
    replied(member, 9)
    drain_to_the_end()
    may_commit.set()
    writer.join()
    drain_to_the_end()

    assert MemberDay.objects.count() == 2
    assert replay.check_everyone().differences == []


def test_19_concurrent_writers_and_drains_lose_nothing():
    members = [MemberFactory() for _ in range(random_members(10))]
    done = threading.Event()

    def write(seed):
        dice = random.Random(seed)
        for _ in range(15):
            with transaction.atomic():
                add_random_events(dice, members, len(members) // 2)

    def drain():
        while not done.is_set():
            drain_to_the_end()

    writers = [in_thread(lambda seed=seed: write(seed)) for seed in (1, 2)]
    drains = [in_thread(drain) for _ in range(2)]
    for writer in writers:
        writer.join()
    done.set()
    for thread in drains:
        thread.join()
    drain_to_the_end()

    found = replay.check_everyone()
    assert (found.differences, found.waiting, found.follower_behind) == ([], 0, False)


def test_replay_command_marks_unread_events_and_repairs_the_rest():
    member, other = MemberFactory(), MemberFactory()
    replied(member, 3)
    drain_to_the_end()
    MemberDay.objects.update(n=7)
    StageHistory.objects.all().delete()
    replied(other, 3)
    said = StringIO()

    call_command("journeys_replay", stdout=said)
    mark_all()
    call_command("journeys_replay", check=True, stdout=said)

    assert "Compared 2 members and 2 member-days." in said.getvalue()
    assert "No differences." in said.getvalue()


def test_replay_check_reports_unread_events():
    replied(MemberFactory(), 3)
    said = StringIO()

    with pytest.raises(CommandError, match="differences"):
        call_command("journeys_replay", check=True, stdout=said)

    assert "Run `follow` first" in said.getvalue()


KILLED_IN_THE_MIDDLE = """
    import os, sys
    import django
    django.setup()
    from django.conf import settings
    from journeys.services import shards

    class Stuck:
        code = ""
        def compute(self, facts, as_of, splits=None): return {}
        def store(self, results, members, as_of, *, record_events):
            print("inside", flush=True)
            import time
            time.sleep(60)

    settings.ADVOCACY_SOURCE = "__main__.Stuck"
    shards.drain(int(sys.argv[1]))
"""


def test_killed_drain_changes_nothing(process_environment):
    member = MemberFactory()
    replied(member, 3)
    mark_all()
    shard = dirty.shard_of(member.pk)
    command = [sys.executable, "-c", textwrap.dedent(KILLED_IN_THE_MIDDLE), str(shard)]
    with subprocess.Popen(
        command, env=process_environment, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGKILL)

    assert (Dirty.objects.count(), MemberDay.objects.count(), StageHistory.objects.count()) == (1, 0, 0)
    drain_when_free(shard)
    assert replay.check_everyone().differences == []
    assert StageHistory.objects.count() == 1


def drain_when_free(shard: int) -> None:
    """Drain once the server has noticed that the killed client is gone."""
    deadline = time.monotonic() + 20
    while not shards.drain(shard).keys and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.worker
def test_workers_killed_twice_while_draining_lose_nothing(start_celery_worker, kill_celery_worker):
    dice = random.Random(5)
    members = [MemberFactory() for _ in range(64)]
    add_random_events(dice, members, 2000)
    mark_all()

    for _ in range(2):
        worker = start_celery_worker(queues="journeys")
        before = Dirty.objects.count()
        tasks.wake.delay()
        wait_until(lambda before=before: Dirty.objects.count() < before)
        kill_celery_worker(worker)
        assert Dirty.objects.exists()

    deadline = time.monotonic() + 20
    while Dirty.objects.exists() and time.monotonic() < deadline:
        drain_to_the_end()
    found = replay.check_everyone()
    assert (found.members, found.waiting, found.differences) == (64, 0, [])


@pytest.mark.worker
def test_worker_drains_after_a_wake_up(celery_worker):
    member = MemberFactory()
    replied(member, 3)

    mark_all()  # wakes the worker

    wait_until(StageHistory.objects.filter(member=member).exists)


def wait_until(holds, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"nothing happened until {datetime.now(UTC)}"
        time.sleep(0.005)
