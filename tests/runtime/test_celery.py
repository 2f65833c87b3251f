"""The beat schedule: every entry is an existing task, on a queue that a worker consumes."""

import pytest
from celery import Task

from community.celery import app
from community.runtime.stack import QUEUES

app.loader.import_default_modules()
BEAT = sorted(app.conf.beat_schedule.items())
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


def queue_of(task: str) -> str:
    return app.amqp.router.route({}, task)["queue"].name


def test_there_are_tasks_and_a_schedule():
    assert len(BEAT) >= 10
    assert len(OURS) >= len(BEAT)


@pytest.mark.parametrize(("entry", "row"), BEAT, ids=[name for name, _ in BEAT])
def test_every_scheduled_task_exists(entry, row):
    assert row["task"] in OURS
    assert entry.startswith(row["task"].partition(".")[0])


@pytest.mark.parametrize(("entry", "row"), BEAT, ids=[name for name, _ in BEAT])
def test_every_scheduled_task_runs_daily(entry, row):
    assert 0 < row["schedule"] <= 86_400


@pytest.mark.parametrize("name", OURS)
def test_every_task_has_a_consumed_queue(name):
    assert queue_of(name) in QUEUES.split(",")


@pytest.mark.parametrize(
    ("name", "queue"),
    [("journeys.wake", "journeys"), ("events.sweep", "default"), ("importers.anything", "imports")],
)
def test_tasks_are_routed_by_purpose(name, queue):
    assert queue_of(name) == queue


@pytest.mark.parametrize("name", OURS)
def test_every_task_is_named_after_its_app(name):
    task: Task = app.tasks[name]

    assert name.partition(".")[0] in task.run.__module__.split(".")


@pytest.mark.django_db
@pytest.mark.parametrize("name", [row["task"] for _, row in BEAT])
def test_every_scheduled_task_runs_twice_in_an_empty_community(name):
    for _ in range(2):
        app.tasks[name].run()


def test_lost_task_is_redelivered():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_results_are_not_stored():
    assert app.conf.task_ignore_result
