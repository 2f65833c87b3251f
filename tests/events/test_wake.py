"""Waking the followers: once, after the commit, and without failing the request."""

import logging
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from community.celery import app
from community.core import redis_client
from community.events.services.wake import GATHER_SECONDS, WAKE_KEY, wake_followers
from tests.support import is_marked

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_waits():
    app.control.purge()


def waiting() -> int:
    return app.control.purge()


def test_wake_followers_repeatedly_enqueues_once(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks() as callbacks:
        for _ in range(5):
            wake_followers()

    assert len(callbacks) == 1


def test_wake_followers_waits_for_the_commit(nobody_waits):
    wake_followers()

    assert waiting() == 0
    assert not is_marked(WAKE_KEY)


def test_wake_followers_enqueues_one_sweep(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert waiting() == 1
    assert is_marked(WAKE_KEY)


def test_a_sweep_waits_for_more_commits(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    with app.connection_for_read() as connected, connected.SimpleQueue("default") as queue:
        message = queue.get(block=False)
        message.ack()
    wait = datetime.fromisoformat(message.headers["eta"]) - timezone.now()
    assert timedelta(0) < wait <= timedelta(seconds=GATHER_SECONDS)


def test_wake_followers_enqueues_nothing_while_one_is_pending(
    django_capture_on_commit_callbacks, nobody_waits
):
    redis_client.mark(WAKE_KEY, seconds=10)

    with django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert waiting() == 0


def test_wake_followers_in_a_failed_savepoint_wakes_none(nobody_waits):
    before = len(connection.run_on_commit)

    with pytest.raises(RuntimeError), transaction.atomic():
        wake_followers()
        raise RuntimeError

    assert len(connection.run_on_commit) == before


def test_wake_followers_after_a_failed_savepoint_wakes(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        with pytest.raises(RuntimeError), transaction.atomic():
            wake_followers()
            raise RuntimeError
        wake_followers()

    assert len(callbacks) == 1
    assert waiting() == 1


@pytest.fixture
def redis_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.client.cache_clear()
    yield
    redis_client.client.cache_clear()


def test_a_post_succeeds_without_a_broker(redis_is_away, django_capture_on_commit_callbacks, caplog):
    with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert "Could not wake the followers; the next sweep will." in caplog.text
