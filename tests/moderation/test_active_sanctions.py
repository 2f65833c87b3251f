"""Active sanctions: the most severe one applies, exactly until it ends."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from community.moderation import active_sanctions
from community.pages.backends import ModelBackend
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def given(kind="silence", *, hours=None, member=None, **fields):
    ends = timezone.now() + hours * HOUR if hours else None
    return SanctionFactory(
        **{"kind": kind, "ends_at": ends, **fields, **({"member": member} if member else {})}
    )


def test_no_sanctions_by_default():
    member = MemberFactory()

    assert (
        active_sanctions.active_sanction(member),
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

    assert active_sanctions.active_sanction(member)["id"] == by_hours[5].pk


def test_a_sanction_without_an_end_is_the_longest():
    member = MemberFactory()
    endless = given(member=member)
    given(hours=9999, member=member)

    assert active_sanctions.active_sanction(member)["id"] == endless.pk


def test_a_sanction_ends_on_time(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    member = given(ends_at=timezone.now() + timedelta(seconds=10)).member
    assert active_sanctions.is_silenced(member)

    time_machine.shift(timedelta(seconds=10))

    assert not active_sanctions.is_silenced(member)


def test_the_logged_in_member_is_loaded_with_the_most_severe(django_assert_num_queries):
    members = [given().member, MemberFactory(), given("suspension").member]
    given(hours=9999, member=members[2])

    with django_assert_num_queries(3):
        # Lazily, as `request.user` is.
        loaded = [SimpleLazyObject(partial(ModelBackend().get_user, member.pk)) for member in members]
        found = [(active_sanctions.is_silenced(one), active_sanctions.is_suspended(one)) for one in loaded]

    assert found == [(True, False), (False, False), (True, True)]


@pytest.mark.parametrize("fields", [{"lifted_at": timezone.now()}, {"starts_at": timezone.now() + HOUR}])
def test_lifted_and_future_sanctions_are_not_active(fields):
    assert not active_sanctions.is_silenced(given(**fields).member)
