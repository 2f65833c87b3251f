"""Followers: order, exactly-once processing, and failures. All tests use committed transactions."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from community.events.catalogue import GUIDELINES_ACCEPTED, MEMBER_REGISTERED
from community.events.models import Cursor, DeadLetter, Event, Log
from community.events.services import cursors, partitions, recording
from tests.support import backends_waiting_for_a_lock, eventually, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


def agree(ann, version):
    with transaction.atomic():
        return recording.record(
            GUIDELINES_ACCEPTED, actor=ann, subject=ann, key=str(version), version=version
        )


def versions(events):
    return [event.props["version"] for event in events]


def test_follow_processes_events_once_in_order(ann, follow_with):
    seen = []
    follow_with(lambda events: seen.extend(versions(events)), batch=2)
    for version in (1, 2, 3):
        agree(ann, version)

    counts = [cursors.follow("test") for _ in range(3)]

    assert counts == [2, 1, 0]
    assert seen == [1, 2, 3]


def test_follow_filters_by_name(ann, follow_with):
    seen = []
    follow_with(seen.extend, names=frozenset([MEMBER_REGISTERED]))
    agree(ann, 1)

    assert cursors.follow("test") == 1
    assert seen == []


def test_follow_does_not_skip_events_of_a_late_commit(ann, follow_with):
    seen = []
    follow_with(lambda events: seen.extend(versions(events)))
    partitions.ensure_months(
        [timezone.now()]
    )  # otherwise the second writer waits for the first one's partition
    recorded, may_commit = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="1", version=1)
            recorded.set()
            may_commit.wait(10)

    writer = in_thread(slow_writer)
    recorded.wait(10)
    agree(ann, 2)  # has the higher id and commits first
    while cursors.follow("test"):
        pass
    may_commit.set()
    writer.join()
    while cursors.follow("test"):
        pass

    assert sorted(seen) == [1, 2]


def test_follow_reads_transactions_whole_and_in_the_order_of_their_ids(ann, follow_with):
    """Both are read in several batches; the events of one lie between those of the other."""
    seen = []
    follow_with(lambda events: seen.extend(versions(events)), batch=2)
    partitions.ensure_months([timezone.now()])

    def write_and_commit():
        with transaction.atomic():
            for version in (4, 5, 6):
                agree(ann, version)

    with transaction.atomic():
        agree(ann, 1)
        in_thread(write_and_commit).join()
        agree(ann, 2)
        agree(ann, 3)
    while cursors.follow("test"):
        pass

    assert seen == [1, 2, 3, 4, 5, 6]


@pytest.fixture
def two_old_months():
    """The partitions of the first one and of today exist, the second one's does not."""
    first, second = datetime(1999, 2, 9, tzinfo=UTC), datetime(1999, 3, 9, tzinfo=UTC)
    partitions.ensure_months([first, timezone.now()])
    yield first, second
    with connection.cursor() as sql:
        sql.execute("DROP TABLE event_1999_02, event_1999_03")
    partitions._known.difference_update([date(1999, 2, 1), date(1999, 3, 1)])


def test_follow_does_not_skip_a_partition_added_while_it_reads(ann, follow_with, two_old_months):
    """A statement planned over the existing partitions does not see one that is attached afterwards."""
    seen = []
    follow_with(lambda events: seen.extend(versions(events)))
    agree(ann, 1)
    recorded, may_commit, locked, may_unlock = (threading.Event() for _ in range(4))

    def write_in_a_new_month():
        drafts = [
            recording.Draft(
                name=GUIDELINES_ACCEPTED,
                occurred_at=at,
                payload={"version": version},
                member_id=ann.pk,
                key=str(version),
            )
            for version, at in ((2, two_old_months[1]), (3, timezone.now()))
        ]
        with transaction.atomic():
            recording.record_all(drafts)
            recorded.set()
            may_commit.wait(10)

    def hold_up_the_planner():
        with transaction.atomic(), connection.cursor() as sql:
            sql.execute("LOCK TABLE event_1999_02 IN ACCESS EXCLUSIVE MODE")
            locked.set()
            may_unlock.wait(10)

    writer, holder = in_thread(write_in_a_new_month), in_thread(hold_up_the_planner)
    assert recorded.wait(10)
    assert locked.wait(10)
    reader = in_thread(lambda: cursors.follow("test"))
    eventually(backends_waiting_for_a_lock)
    may_commit.set()
    writer.join()
    may_unlock.set()
    holder.join()
    reader.join()
    while cursors.follow("test"):
        pass

    assert sorted(seen) == [1, 2, 3]


def test_follow_waits_for_the_partition_of_a_transaction_that_is_committing(ann, follow_with, two_old_months):
    """Its events can be read before other sessions know of its partition; its locks are released last."""
    seen = []
    follow_with(lambda events: seen.extend(versions(events)))
    committed, may_finish = threading.Event(), threading.Event()

    def write_in_a_new_month():
        with connection.cursor() as sql:
            # The lock of the writer outlives the transaction here as it does, for a moment, in a commit.
            sql.execute("SELECT pg_advisory_lock(%s)", [partitions._MONTHS_LOCK])
            with transaction.atomic():
                recording.record(
                    GUIDELINES_ACCEPTED, actor=ann, subject=ann, occurred_at=two_old_months[1], version=1
                )
            committed.set()
            may_finish.wait(20)

    writer = in_thread(write_in_a_new_month)
    assert committed.wait(10)
    reader = in_thread(lambda: cursors.follow("test"))
    eventually(lambda: backends_waiting_for_a_lock() or not reader.is_alive())
    seen_early = list(seen)
    may_finish.set()
    writer.join()
    reader.join()

    assert (seen_early, seen) == ([], [1])


def test_a_writer_does_not_wait_for_other_partitions(ann, two_old_months):
    recorded, may_commit = threading.Event(), threading.Event()
    partitions.ensure_months([timezone.now()])
    partitions._known.clear()  # as in a new process

    def write_in_a_new_month():
        with transaction.atomic():
            partitions.ensure_months([two_old_months[1]])
            recorded.set()
            may_commit.wait(10)

    slow = in_thread(write_in_a_new_month)
    assert recorded.wait(10)
    quick = in_thread(lambda: agree(ann, 1))
    quick.join(5)

    assert not quick.is_alive()
    may_commit.set()
    slow.join()


def test_a_writer_can_use_a_partition_added_during_its_transaction(ann, two_old_months):
    with transaction.atomic():
        recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="1", version=1)
        in_thread(lambda: partitions.ensure_months([two_old_months[1]])).join()
        partitions._known.clear()  # as the other writer is another process

        recording.record(
            GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="2", occurred_at=two_old_months[1], version=2
        )

    assert Event.objects.count() == 2


def test_two_writers_can_need_the_same_new_partition(ann, two_old_months):
    both = threading.Barrier(2, timeout=10)

    def write(key):
        with transaction.atomic():
            recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key=key, version=1)
            both.wait()
            recording.record(
                GUIDELINES_ACCEPTED,
                actor=ann,
                subject=ann,
                key=f"old {key}",
                occurred_at=two_old_months[1],
                version=1,
            )

    for writer in [in_thread(lambda key=key: write(key)) for key in ("1", "2")]:
        writer.join()

    assert Event.objects.count() == 4


def test_follow_by_two_workers_never_handles_a_batch_twice(ann, follow_with):
    seen = []

    def handle(events):
        seen.extend(versions(events))
        time.sleep(0.02)

    follow_with(handle, batch=5)
    for version in range(40):
        agree(ann, version)

    def work():
        for _ in range(60):
            cursors.follow("test")

    workers = [in_thread(work) for _ in range(2)]
    for worker in workers:
        worker.join()
    while cursors.follow("test"):
        pass

    assert seen == list(range(40))


def test_follow_rolls_back_and_retries_a_failing_batch(ann, follow_with):
    tries = []

    def handle(events):
        Log.objects.create(system_identifier="a trace")
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("once")

    follow_with(handle)
    agree(ann, 1)

    with pytest.raises(RuntimeError):
        cursors.follow("test")
    cursors.follow("test")

    assert Log.objects.filter(system_identifier="a trace").count() == 1
    assert Cursor.objects.get(name="test").failures == 0


def test_follow_moves_a_failing_event_to_the_dead_letters(ann, follow_with):
    seen = []

    def handle(events):
        if 2 in versions(events):
            raise ValueError("two is bad")
        seen.extend(versions(events))

    follow_with(handle)
    for version in (1, 2, 3):
        agree(ann, version)

    for _ in range(2):
        with pytest.raises(ValueError):
            cursors.follow("test")
    cursors.follow("test")

    letter = DeadLetter.objects.get()
    assert seen == [1, 3]
    assert (letter.follower, letter.error, letter.resolved_at) == ("test", "ValueError: two is bad", None)


def test_retry_dead_letters_processes_the_event_again(ann, follow_with):
    test_follow_moves_a_failing_event_to_the_dead_letters(ann, follow_with)
    seen = []
    follow_with(lambda events: seen.extend(versions(events)))

    resolved = cursors.retry_dead_letters(list(DeadLetter.objects.all()))

    assert (resolved, seen) == (1, [2])
    assert DeadLetter.objects.get().resolved_at is not None


def test_retry_dead_letters_keeps_events_that_fail_again(ann, follow_with):
    test_follow_moves_a_failing_event_to_the_dead_letters(ann, follow_with)

    resolved = cursors.retry_dead_letters(list(DeadLetter.objects.all()))

    assert resolved == 0
    assert DeadLetter.objects.get().resolved_at is None


def test_follow_continues_in_another_database_cluster(ann, follow_with):
    seen = []
    follow_with(lambda events: seen.extend(versions(events)))
    agree(ann, 1)
    cursors.follow("test")
    # Transaction ids start over in a restored cluster.
    Cursor.objects.update(last_xid=2**60)
    Log.objects.update(system_identifier="the cluster before")
    cursors.is_behind("test")  # the first call starts the new epoch

    agree(ann, 2)
    cursors.follow("test")

    assert seen == [1, 2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_set_epoch(0)")


KILLED = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
django.setup()
import time
from community.events.services import cursors
from community.events.models import Log
from community.events.registry import Follower, _registry

def handle(events):
    for event in events:
        Log.objects.create(system_identifier=f"saw {{event.props['version']}}")
    print("half way", flush=True)
    time.sleep(60)

_registry["test"] = Follower("test", None, handle, 500)
cursors.follow("test")
"""


def test_kill_9_during_a_batch_loses_nothing(ann, follow_with):
    for version in (1, 2, 3):
        agree(ann, version)
    script = textwrap.dedent(KILLED).format(name=settings.DATABASES["default"]["NAME"])
    root = Path(__file__).resolve().parents[2]
    worker = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "half way\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    follow_with(
        lambda events: Log.objects.bulk_create(
            Log(system_identifier=f"saw {event.props['version']}") for event in events
        )
    )

    deadline = time.monotonic() + 20  # the server takes a moment to notice that the worker is gone
    while Cursor.objects.filter(name="test", last_seq__gt=0).count() == 0 and time.monotonic() < deadline:
        cursors.follow("test")
        time.sleep(0.1)

    seen = Log.objects.filter(system_identifier__startswith="saw").values_list("system_identifier", flat=True)
    assert sorted(seen) == ["saw 1", "saw 2", "saw 3"]


def test_follow_command_runs_until_there_are_no_events(ann, follow_with):
    seen = []
    follow_with(lambda events: seen.extend(versions(events)), batch=1)
    for version in (1, 2, 3):
        agree(ann, version)

    call_command("follow", "test")

    assert seen == [1, 2, 3]
    assert cursors.is_behind("test") is False


def test_follow_command_lists_the_followers():
    with pytest.raises(CommandError, match="Unknown follower: nobody"):
        call_command("follow", "nobody")


def test_follow_inside_another_transaction_is_refused(ann, follow_with):
    follow_with(lambda events: None)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        cursors.follow("test")

    assert not Event.objects.exists()
