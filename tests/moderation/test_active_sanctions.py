"""Active sanctions: the most severe one applies, exactly until it ends."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from community.moderation import active_sanctions
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory
from tests.support import right_after

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def given(kind="silence", *, hours=None, member=None, **fields):
    ends = timezone.now() + hours * HOUR if hours else None
    return SanctionFactory(
        **{"kind": kind, "ends_at": ends, **fields, **({"member": member} if member else {})}
    )


def test_no_sanctions_by_default():
    member = MemberFactory()

    assert active_sanctions.by_member() == {}
    assert (
        active_sanctions.active_sanction_id(member),
        active_sanctions.is_silenced(member),
        active_sanctions.is_suspended(member),
    ) == (
        None,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("kind", "silenced", "suspended"),
    [("warning", False, False), ("silence", True, False), ("suspension", True, True)],
)
def test_each_kind_has_its_effect(kind, silenced, suspended):
    member = given(kind).member

    assert (active_sanctions.is_silenced(member), active_sanctions.is_suspended(member)) == (
        silenced,
        suspended,
    )


@pytest.mark.parametrize("first", ["silence", "suspension"])
def test_a_suspension_takes_precedence_over_a_silence(first):
    second = {"silence": "suspension", "suspension": "silence"}[first]
    member = MemberFactory()
    for kind in (first, second):
        given(kind, hours=1 if kind == "suspension" else None, member=member)

    assert active_sanctions.is_suspended(member)


@pytest.mark.parametrize("order", [(1, 5), (5, 1)])
def test_the_longer_of_two_sanctions_applies(order):
    member = MemberFactory()
    by_hours = {hours: given(hours=hours, member=member) for hours in order}

    assert active_sanctions.active_sanction_id(member) == by_hours[5].pk


def test_a_sanction_without_an_end_is_the_longest():
    member = MemberFactory()
    endless = given(member=member)
    given(hours=9999, member=member)

    assert active_sanctions.active_sanction_id(member) == endless.pk


def test_a_cached_sanction_ends_on_time(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    member = given(ends_at=timezone.now() + timedelta(seconds=10)).member
    assert active_sanctions.is_silenced(member)

    time_machine.shift(timedelta(seconds=10))

    assert cache.get(active_sanctions.KEY)
    assert not active_sanctions.is_silenced(member)


def test_active_sanctions_are_cached_for_all_members(django_assert_num_queries):
    members = [given().member, MemberFactory(), given("suspension").member]

    with django_assert_num_queries(1):
        found = [active_sanctions.is_silenced(member) for member in members]

    assert found == [True, False, True]


def test_invalidate_on_commit_reloads_after_the_commit(django_capture_on_commit_callbacks):
    member = MemberFactory()
    assert not active_sanctions.is_silenced(member)
    given(member=member)

    with django_capture_on_commit_callbacks(execute=True):
        active_sanctions.invalidate_on_commit()
        before = active_sanctions.is_silenced(member)

    assert (before, active_sanctions.is_silenced(member)) == (False, True)


@pytest.mark.parametrize("fields", [{"lifted_at": timezone.now()}, {"starts_at": timezone.now() + HOUR}])
def test_lifted_and_future_sanctions_are_not_active(fields):
    assert not active_sanctions.is_silenced(given(**fields).member)


@pytest.mark.django_db(transaction=True)
def test_a_value_read_before_a_decision_is_not_cached_after_it():
    member = MemberFactory()

    def decided_meanwhile():
        given("suspension", member=member)
        active_sanctions.invalidate_on_commit()

    with right_after('FROM "moderation_sanction"', decided_meanwhile):
        assert not active_sanctions.is_suspended(member)

    assert active_sanctions.is_suspended(member)
