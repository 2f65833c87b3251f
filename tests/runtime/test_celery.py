"""What runs on a clock: every entry of the table is a task there is, on a queue that somebody reads."""

import pytest
from celery import Task

from community.celery import app
from community.runtime.stack import QUEUES

app.loader.import_default_modules()
BEAT = sorted(app.conf.beat_schedule.items())
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


def queue_of(task: str) -> str:
    return app.amqp.router.route({}, task)["queue"].name


def test_there_are_tasks_and_a_table():
    assert len(BEAT) >= 10
    assert len(OURS) >= len(BEAT)


@pytest.mark.parametrize(("entry", "row"), BEAT, ids=[name for name, _ in BEAT])
def test_every_entry_of_the_table_is_a_task_there_is(entry, row):
    assert row["task"] in OURS
    assert entry.startswith(row["task"].partition(".")[0])


@pytest.mark.parametrize(("entry", "row"), BEAT, ids=[name for name, _ in BEAT])
def test_every_entry_comes_round_within_a_day(entry, row):
    assert 0 < row["schedule"] <= 86_400


@pytest.mark.parametrize("name", OURS)
def test_every_task_goes_to_a_queue_that_is_read(name):
    assert queue_of(name) in QUEUES.split(",")


@pytest.mark.parametrize(
    ("name", "queue"),
    [("journeys.wake", "journeys"), ("events.sweep", "default"), ("importers.anything", "imports")],
)
def test_tasks_are_told_apart_by_what_they_are_for(name, queue):
    assert queue_of(name) == queue


@pytest.mark.parametrize("name", OURS)
def test_every_task_is_named_after_its_app(name):
    task: Task = app.tasks[name]

    assert name.partition(".")[0] in task.run.__module__.split(".")


@pytest.mark.django_db
@pytest.mark.parametrize("name", [row["task"] for _, row in BEAT])
def test_every_entry_runs_in_an_empty_community_twice(name):
    for _ in range(2):
        app.tasks[name].run()


def test_a_task_that_a_worker_loses_is_given_to_another():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_results_are_kept_nowhere():
    assert app.conf.task_ignore_result
