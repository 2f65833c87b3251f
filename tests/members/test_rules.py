import pytest

from community.members import rules
from community.members.models import Guidelines, Member
from tests.factories.members import GuidelinesFactory, MemberFactory

pytestmark = pytest.mark.django_db


def test_has_accepted_current_of_a_new_member():
    assert rules.has_accepted_current(MemberFactory())


def test_has_accepted_current_ends_with_a_new_version():
    member = MemberFactory()
    GuidelinesFactory(version=2)

    assert not rules.has_accepted_current(member)


def test_has_accepted_current_is_true_without_guidelines():
    Guidelines.objects.all().delete()

    assert rules.has_accepted_current(MemberFactory(guidelines=None))


def test_is_verified_customer_follows_the_property():
    assert not rules.is_verified_customer(MemberFactory())


@pytest.mark.parametrize(
    ("role", "may"), [("manager", True), ("moderator", False), ("sales", False), ("", False)]
)
def test_only_managers_can_invite(role, may):
    assert rules.can_invite(MemberFactory(role=role)) is may


def test_an_inactive_manager_cannot_invite():
    assert not rules.can_invite(Member(role="manager", is_active=False))


def test_can_be_invited_requires_an_unclaimed_account():
    assert rules.can_be_invited(MemberFactory(unclaimed=True))
    assert not rules.can_be_invited(MemberFactory(unclaimed=True, is_active=False))
    assert not rules.can_be_invited(MemberFactory())
