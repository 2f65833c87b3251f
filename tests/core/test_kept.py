"""What is kept in the cache holds until what it was read from changes, however the two meet."""

import pytest
from django.core.cache import cache
from django.db import transaction

from community.core.kept import find_kept, keep, renew_on_commit

pytestmark = pytest.mark.django_db(transaction=True)


def found():
    return find_kept("list", depends_on=["words"])[0]


def versions():
    return find_kept("list", depends_on=["words"])[1]


def renew(version):
    with transaction.atomic():
        renew_on_commit([version])


def test_what_is_kept_is_found_until_its_version_is_renewed():
    before = found()
    keep("list", ["a"], versions=versions(), seconds=60)
    kept = found()
    renew("others")
    after_another = found()
    renew("words")

    assert [before, kept, after_another, found()] == [None, ["a"], ["a"], None]


def test_what_was_read_before_a_change_is_not_found_after_it():
    earlier = versions()
    renew("words")

    keep("list", ["a"], versions=earlier, seconds=60)

    assert found() is None


def test_what_was_kept_before_is_not_found_when_its_version_is_lost():
    keep("list", ["a"], versions=versions(), seconds=60)

    cache.delete("words")

    assert found() is None


def test_change_that_is_rolled_back_drops_nothing():
    keep("list", ["a"], versions=versions(), seconds=60)

    with transaction.atomic():
        renew_on_commit(["words"])
        transaction.set_rollback(True)

    assert found() == ["a"]
