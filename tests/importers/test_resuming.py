"""An import killed at any point resumes and ends with the same result."""

import subprocess
import sys
import threading
import time

import pytest
from django.db import connections

from community.events.models import Event
from community.forum.models import Post
from community.importers.models import ImportBatch, StagedRow
from community.importers.progress import NoProgress
from community.importers.services import imports, rollback
from community.members.models import Member
from community.runtime.embedded import BASE_DIR
from tests.importers.test_imports import counts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start(process_environment, town):
    started = []

    def run() -> subprocess.Popen:
        command = [sys.executable, "manage.py", "import_stackexchange", str(town), "--site", "town.example"]
        process = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=process_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def kill_when(process: subprocess.Popen, step: str, at_least: int) -> None:
    """Kill the process as soon as it has committed this much of the step."""
    while process.poll() is None:
        progress = ImportBatch.objects.values_list("progress", flat=True).first() or {}
        if int(progress.get(step, 0)) >= at_least:
            process.kill()
        time.sleep(0.002)
    process.wait()


def portrait() -> list[object]:
    """Return everything that was imported, without our ids, for comparison."""
    posts = Post.objects.order_by("topic__title", "number").values_list(
        "topic__title",
        "number",
        "kind",
        "author__username",
        "score",
        "created_at",
        "is_accepted",
        "word_count",
    )
    events = Event.objects.order_by("occurred_at", "name", "member__username").values_list(
        "occurred_at", "name", "member__username", "counterpart__username", "backfill"
    )
    # The former-member account is created on demand, so its time differs.
    members = (
        Member.objects.exclude(username="former-member")
        .order_by("username")
        .values_list("username", "display_name", "joined_at")
    )
    return [list(posts), list(events), list(members), counts()]


def test_an_import_killed_in_several_steps_resumes_with_the_same_result(town, start):
    whole = imports.open_batch(town, name="town", site="town.example")
    imports.run(whole, town, category=None, progress=NoProgress())
    expected, report = portrait(), whole.report
    rollback.undo(whole, force=False, progress=NoProgress())

    for step, at_least in (("read:posts", 1), ("build:members", 500), ("build:topics", 100)):
        kill_when(start(), step, at_least)
        assert ImportBatch.objects.get().status != ImportBatch.Status.DONE
    out, err = start().communicate(timeout=120)

    assert "Done." in out, err
    assert portrait() == expected
    assert ImportBatch.objects.get().report == report
    assert not StagedRow.objects.exists()


@pytest.fixture
def held_batch(dump):
    """A batch with its folder, and the function that lets go of its lock, which another connection holds."""
    folder = dump.write()
    batch = imports.open_batch(folder, name="village", site="village.example")
    other = connections.create_connection("default")
    other.inc_thread_sharing()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7003, %s)", [batch.pk])
    yield batch, folder, other.close
    other.close()


def test_concurrent_imports_of_one_batch_are_refused(held_batch, monkeypatch):
    monkeypatch.setattr(imports, "LOCK_WAIT", 0.3)
    batch, folder, release = held_batch

    with pytest.raises(imports.ImportRefused, match="village is being imported or undone by another process"):
        imports.run(batch, folder, category=None, progress=NoProgress())

    release()
    imports.run(batch, folder, category=None, progress=NoProgress())
    assert ImportBatch.objects.get().status == ImportBatch.Status.DONE


def test_an_import_waits_for_a_killed_one_whose_last_statement_still_runs(held_batch):
    batch, folder, release = held_batch
    threading.Timer(0.5, release).start()

    imports.run(batch, folder, category=None, progress=NoProgress())

    assert ImportBatch.objects.get().status == ImportBatch.Status.DONE
