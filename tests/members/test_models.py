import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from community.members.models import Guidelines, Member
from tests.factories.members import CompanyFactory, GuidelinesFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "ADA", "email": "other@example.com"},
        {"username": "other", "email": "Ada@Example.com"},
        {"username": "with space", "email": "other@example.com"},
        {"username": "", "email": "other@example.com"},
    ],
    ids=["username in another case", "email in another case", "not plain", "empty"],
)
def test_database_refuses_duplicate_and_invalid_usernames(fields):
    MemberFactory(username="ada", email="ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(**fields)


def test_members_without_an_email_are_allowed():
    MemberFactory.create_batch(2, unclaimed=True)

    assert Member.objects.filter(email=None).count() == 2


def test_create_user_without_a_password_cannot_log_in():
    assert not Member.objects.create_user("ada@example.com", "ada").has_usable_password()


def test_create_superuser_makes_a_manager_with_admin_access():
    member = Member.objects.create_superuser("ada@example.com", "ada", "a-good-password")

    assert (member.role, member.is_staff, member.is_superuser, member.is_claimed) == (
        "manager",
        True,
        True,
        True,
    )


def test_claimed_excludes_imported_members():
    ada = MemberFactory()
    MemberFactory(unclaimed=True)

    assert list(Member.objects.claimed()) == [ada]


def test_team_excludes_everyone_else():
    MemberFactory()
    sales = MemberFactory(role="sales")

    assert list(Member.objects.team()) == [sales]


def test_named_ignores_case():
    ada = MemberFactory(username="Ada")
    MemberFactory(username="bo")

    assert list(Member.objects.named(["ADA", "nobody"])) == [ada]


def test_addresses_of_returns_profile_urls_of_existing_members(django_assert_num_queries):
    MemberFactory(username="Ada")

    with django_assert_num_queries(1):
        addresses = Member.objects.addresses_of(["ada", "nobody"])

    assert addresses == {"ada": "/u/Ada/"}


def test_str_is_the_display_name():
    assert str(MemberFactory.build(username="ada", display_name="Ada Winter")) == "Ada Winter"
    assert str(MemberFactory.build(username="ada", display_name="")) == "ada"


@pytest.mark.parametrize(
    ("role", "team", "moderator"),
    [("", False, False), ("sales", True, False), ("moderator", True, True), ("manager", True, True)],
)
def test_is_team_follows_the_role(role, team, moderator):
    member = Member(role=role)

    assert (member.is_team, member.is_moderator) == (team, moderator)


def test_a_buyer_is_a_verified_customer():
    assert Member(customer_since=timezone.now().date()).is_verified_customer


def test_a_member_with_a_company_domain_is_a_verified_customer():
    company = CompanyFactory(verified_domains=["acme.example"])

    assert Member(email="ada@ACME.example", company=company).is_verified_customer
    assert not Member(email="ada@evil-acme.example", company=company).is_verified_customer
    assert not Member(email=None, company=company).is_verified_customer


def test_other_members_are_not_verified_customers():
    assert not Member(email="ada@acme.example").is_verified_customer


def test_in_force_is_the_newest_version():
    GuidelinesFactory(version=7)

    assert Guidelines.objects.in_force().version == 7


def test_in_force_is_none_before_the_first_version():
    Guidelines.objects.all().delete()

    assert Guidelines.objects.in_force() is None


def test_the_site_starts_with_guidelines():
    current = Guidelines.objects.get(version=1)

    assert current.html.startswith("<p>We help each other")


def test_the_username_field_explains_itself():
    with pytest.raises(ValidationError, match="Use only letters a to z"):
        Member(username="no spaces please", display_name="x", email="x@example.com").full_clean()


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "UTC"])
def test_zone_is_the_named_time_zone(name):
    assert Member(time_zone=name).zone.key == name


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "x" * 60, "\x00"]
)
def test_zone_of_an_unknown_name_is_utc(name):
    assert Member(time_zone=name).zone.key == "UTC"


def test_full_name_is_the_display_name():
    assert MemberFactory(display_name="Ada Lovelace").get_full_name() == "Ada Lovelace"
    assert MemberFactory(display_name="", username="ada").get_full_name() == "ada"
