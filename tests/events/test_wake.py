"""Waking the followers: after the commit, once, and never at a member's cost."""

import logging

import pytest
from django.core.cache import cache, caches
from django.db import connection, transaction

from community.celery import app
from community.events.services.wake import WAKE_KEY, wake_followers

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_waits():
    app.control.purge()


def waiting() -> int:
    return app.control.purge()


def test_wake_followers_many_times_asks_once(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks() as callbacks:
        for _ in range(5):
            wake_followers()

    assert len(callbacks) == 1


def test_wake_followers_waits_for_the_commit(nobody_waits):
    wake_followers()

    assert waiting() == 0
    assert cache.get(WAKE_KEY) is None


def test_wake_followers_sends_one_sweep(django_capture_on_commit_callbacks, nobody_waits):
    with django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert waiting() == 1
    assert cache.get(WAKE_KEY) == 1


def test_wake_followers_sends_none_while_one_is_under_way(django_capture_on_commit_callbacks, nobody_waits):
    cache.set(WAKE_KEY, 1)

    with django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert waiting() == 0


def test_wake_followers_of_an_inner_transaction_that_failed_wakes_nobody(nobody_waits):
    before = len(connection.run_on_commit)

    with pytest.raises(RuntimeError), transaction.atomic():
        wake_followers()
        raise RuntimeError

    assert len(connection.run_on_commit) == before


def test_wake_followers_again_after_an_inner_transaction_failed_does_wake(
    django_capture_on_commit_callbacks, nobody_waits
):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        with pytest.raises(RuntimeError), transaction.atomic():
            wake_followers()
            raise RuntimeError
        wake_followers()

    assert len(callbacks) == 1
    assert waiting() == 1


@pytest.fixture
def redis_is_away(settings):
    """A cache whose server is nowhere."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    yield
    del caches["default"]


def test_a_post_does_not_fail_because_nobody_could_be_woken(
    redis_is_away, django_capture_on_commit_callbacks, caplog
):
    with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
        wake_followers()

    assert "Could not wake the followers; the next sweep will." in caplog.text
