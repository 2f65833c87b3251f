"""The stored numbers of reports, and what makes them be counted anew."""

from datetime import timedelta
from itertools import count

import pytest
from django.core.cache import cache
from django.utils import timezone

from community.core import page_cache
from journeys.models import StoredNumbers
from journeys.services import report_numbers
from tests.factories.members import MemberFactory

from .journey_fixtures import drained, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers():
    made = count()
    return lambda: report_numbers.stored("test", lambda: next(made))


def test_numbers_are_stored(numbers):
    assert [numbers(), numbers()] == [0, 0]


@pytest.mark.parametrize("happens", ["a stage changes", "members are deleted", "nothing changes"])
def test_numbers_are_counted_anew_when_stages_changed(numbers, happens, django_capture_on_commit_callbacks):
    member = MemberFactory()
    numbers()

    with django_capture_on_commit_callbacks(execute=True):
        if happens == "a stage changes":
            replied(member, 3)
            drained()
        elif happens == "members are deleted":
            page_cache.invalidate_on_commit()

    assert numbers() == (0 if happens == "nothing changes" else 1)


def test_numbers_counted_during_a_deletion_are_not_stored(numbers, django_capture_on_commit_callbacks):
    def count_meanwhile():
        with django_capture_on_commit_callbacks(execute=True):
            page_cache.invalidate_on_commit()
        return "before the deletion"

    report_numbers.stored("test", count_meanwhile)

    assert numbers() == 0


def test_numbers_outlive_redis_but_not_their_age(numbers):
    numbers()
    cache.clear()
    after_a_restart = numbers()
    StoredNumbers.objects.update(counted_at=timezone.now() - report_numbers.MAX_AGE)

    assert [after_a_restart, numbers()] == [0, 1]


def test_numbers_of_other_days_are_deleted(numbers):
    report_numbers.stored("yesterday", lambda: 0)
    StoredNumbers.objects.update(counted_at=timezone.now() - timedelta(days=2))

    numbers()

    assert [row.key for row in StoredNumbers.objects.all()] == ["test"]
