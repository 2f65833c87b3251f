"""The allauth adapter: usernames, sign-up, confirmed addresses and mail."""

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import timezone

from community.events.models import Event
from community.members.adapter import AccountAdapter
from community.members.models import Member
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_a_visitor():
    request = RequestFactory().get("/accounts/signup/")
    request.user, request.session = AnonymousUser(), {}
    request._messages = CookieStorage(request)
    return request


@pytest.fixture
def adapter():
    return AccountAdapter()


@pytest.mark.parametrize("name", ["ada", "Ada-Winter", "a_1", "x" * 30])
def test_clean_username_accepts_plain_names(adapter, name):
    assert adapter.clean_username(name) == name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ab", "Use at least 3 characters."),
        ("x" * 31, "Use at most 30 characters."),
        ("ada winter", "Use only letters a to z"),
        ("-ada", "Use only letters a to z"),
        ("ada\n", "Use only letters a to z"),
        ("аda", "Use only letters a to z"),
        ("admin", "“admin” is not available."),
        ("Moderator", "“Moderator” is not available."),
    ],
)
def test_clean_username_explains_the_error(adapter, name, sentence):
    with pytest.raises(ValidationError, match=sentence):
        adapter.clean_username(name)


@pytest.mark.parametrize("name", ["ada", "ADA", "Ada"])
def test_clean_username_refuses_taken_names_ignoring_case(adapter, name):
    MemberFactory(username="Ada")

    with pytest.raises(ValidationError, match="This username is already taken"):
        adapter.clean_username(name)


def test_populate_username_is_based_on_the_name(adapter, request_of_a_visitor):
    member = Member(display_name="Ada Winter")

    adapter.populate_username(request_of_a_visitor, member)

    assert member.username == "ada-winter"


def test_populate_username_keeps_the_chosen_username(adapter, request_of_a_visitor):
    member = Member(display_name="Ada Winter", username="winter")

    adapter.populate_username(request_of_a_visitor, member)

    assert member.username == "winter"


def test_populate_username_avoids_taken_usernames(adapter, request_of_a_visitor):
    MemberFactory(username="Ada-Winter")
    MemberFactory(username="ada-winter-2")
    member = Member(display_name="Ada Winter")

    adapter.populate_username(request_of_a_visitor, member)

    assert member.username == "ada-winter-3"


@pytest.mark.parametrize(
    ("name", "username"), [("李小龙", "member"), ("Al", "member-al"), ("Admin", "admin-2")]
)
def test_populate_username_handles_unusable_names(adapter, request_of_a_visitor, name, username):
    member = Member(display_name=name)

    adapter.populate_username(request_of_a_visitor, member)

    assert member.username == username


def unconfirmed(email="ada@acme.example", **fields):
    return EmailAddress.objects.create(user=MemberFactory(email=email, **fields), email=email, primary=True)


def test_confirm_email_matches_the_company_once(adapter, request_of_a_visitor):
    company = CompanyFactory(verified_domains=["acme.example"])
    address = unconfirmed()

    for _ in range(2):
        adapter.confirm_email(request_of_a_visitor, address)

    assert Member.objects.get().company == company
    assert Event.objects.filter(name="company.joined").count() == 1


def test_confirm_email_keeps_the_current_company(adapter, request_of_a_visitor):
    CompanyFactory(verified_domains=["acme.example"])
    home = CompanyFactory()

    adapter.confirm_email(request_of_a_visitor, unconfirmed(company=home))

    assert Member.objects.get().company == home
    assert not Event.objects.filter(name="company.joined").exists()


@pytest.mark.parametrize("email", ["ada@ACME.example", "ada@mail@acme.example"])
def test_confirm_email_uses_the_domain_after_the_last_at_sign(adapter, request_of_a_visitor, email):
    company = CompanyFactory(verified_domains=["acme.example"])

    adapter.confirm_email(request_of_a_visitor, unconfirmed(email=email))

    assert Member.objects.get().company == company


@pytest.mark.parametrize("email", ["ada@sub.acme.example", "ada@notacme.example", "ada@example"])
def test_confirm_email_ignores_other_domains(adapter, request_of_a_visitor, email):
    CompanyFactory(verified_domains=["acme.example"])

    adapter.confirm_email(request_of_a_visitor, unconfirmed(email=email))

    assert Member.objects.get().company is None


def test_confirm_email_already_confirmed_by_another_matches_no_company(adapter, request_of_a_visitor):
    CompanyFactory(verified_domains=["acme.example"])
    EmailAddress.objects.create(user=MemberFactory(), email="ada@acme.example", verified=True)
    address = unconfirmed()

    adapter.confirm_email(request_of_a_visitor, address)

    address.user.refresh_from_db()
    assert address.user.company is None


def test_send_mail_names_the_site(adapter, request_of_a_visitor, settings):
    settings.SITE_NAME = "Bean Street"
    member = MemberFactory()
    about = {"user": member, "ip": "192.0.2.1", "user_agent": "x", "timestamp": timezone.now()}

    with allauth_context.request_context(request_of_a_visitor):
        adapter.send_mail("account/email/password_changed", member.email, about)

    (message,) = mail.outbox
    assert message.to == [member.email]
    assert "Bean Street" in message.body
    assert "testserver" not in message.subject
