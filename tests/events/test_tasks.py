"""Waking the followers: once per transaction, through a real broker, with the sweep as a fallback."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from community.celery import app
from community.events import tasks
from community.events.catalogue import GUIDELINES_ACCEPTED
from community.events.registry import all_followers
from community.events.services import cursors, recording
from community.members.models import Member
from tests.support import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann():
    app.control.purge()
    return Member.objects.create_user("ann@example.com", "ann")


def agree(ann, *versions):
    with transaction.atomic():
        for version in versions:
            recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key=str(version), version=version)


def waiting():
    return app.control.purge()


def test_record_wakes_the_followers_once_per_commit(ann):
    agree(ann, 1, 2, 3)

    assert waiting() == 1


def test_rolled_back_record_wakes_no_follower(ann):
    with pytest.raises(RuntimeError), transaction.atomic():
        recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, version=1)
        raise RuntimeError

    assert waiting() == 0


def test_record_does_not_enqueue_a_second_sweep(ann):
    agree(ann, 1)
    agree(ann, 2)

    assert waiting() == 1


def test_record_enqueues_again_once_a_sweep_has_started(ann):
    agree(ann, 1)
    waiting()

    tasks.sweep()
    waiting()
    agree(ann, 2)

    assert waiting() == 1


@pytest.mark.worker
def test_worker_follows_committed_events_by_itself(ann, celery_worker):
    agree(ann, 1)

    eventually(lambda: not any(cursors.is_behind(name) for name in all_followers()))


def test_partitions_are_created_ahead(ann):
    tasks.partitions()

    ahead = timezone.now() + timedelta(days=80)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"event_{ahead:%Y_%m}"])
        assert cursor.fetchone()[0] is not None
