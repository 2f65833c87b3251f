"""A cached value is used until its source changes, even when reads and writes race."""

import pytest
from django.core.cache import cache
from django.db import transaction

from community.core import versioned_cache

pytestmark = pytest.mark.django_db(transaction=True)


def found():
    return versioned_cache.get("list", depends_on=["words"])[0]


def versions():
    return versioned_cache.get("list", depends_on=["words"])[1]


def invalidate(version):
    with transaction.atomic():
        versioned_cache.invalidate_on_commit([version])


def test_value_is_found_until_its_version_is_invalidated():
    before = found()
    versioned_cache.store("list", ["a"], versions=versions(), seconds=60)
    stored = found()
    invalidate("others")
    after_another = found()
    invalidate("words")

    assert [before, stored, after_another, found()] == [None, ["a"], ["a"], None]


def test_value_read_before_a_change_is_not_used_after_it():
    earlier = versions()
    invalidate("words")

    versioned_cache.store("list", ["a"], versions=earlier, seconds=60)

    assert found() is None


def test_value_is_not_found_when_its_version_is_lost():
    versioned_cache.store("list", ["a"], versions=versions(), seconds=60)

    cache.delete("words")

    assert found() is None


def test_change_that_is_rolled_back_invalidates_nothing():
    versioned_cache.store("list", ["a"], versions=versions(), seconds=60)

    with transaction.atomic():
        versioned_cache.invalidate_on_commit(["words"])
        transaction.set_rollback(True)

    assert found() == ["a"]
