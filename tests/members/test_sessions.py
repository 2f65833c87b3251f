"""Idle sessions end, and team sessions need a second factor."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session

from tests.factories.members import MemberFactory
from tests.support import Browser

pytestmark = pytest.mark.django_db

HOUR = 3600
START = 1_800_000_000
PASSWORD = "correct horse battery"


def at(hours: float) -> time_machine.travel:
    return time_machine.travel(START + hours * HOUR, tick=False)


@pytest.mark.parametrize(("role", "limit"), [("", 14 * 24), ("manager", 12), ("expert", 12)])
def test_session_ends_after_a_long_idle_time(client, role, limit):
    with at(0):
        client.force_login(MemberFactory(role=role))
    with at(limit - 0.1):
        assert client.get("/me/settings/").status_code == 200
    with at(2 * limit - 0.2):
        assert client.get("/me/settings/").status_code == 200
    with at(3 * limit):
        response = client.get("/me/settings/")

    assert response.url == "/accounts/login/?next=/me/settings/"
    assert "Clear-Site-Data" not in response.headers
    assert not Session.objects.exists()


def test_session_is_saved_only_now_and_then(client, django_assert_num_queries):
    with at(0):
        client.force_login(MemberFactory())
    written = []
    for minutes in range(0, 24 * 60, 20):
        with at(minutes / 60):
            response = client.get("/guidelines/")
            written += [minutes] if "sessionid" in response.cookies else []

    assert written == [840]


def test_unattended_pages_do_not_keep_a_session_alive(client):
    with at(0):
        client.force_login(MemberFactory(role="manager"))
    with at(11):
        client.get("/guidelines/", headers={"Sec-Purpose": "prefetch"})
    with at(12.5):
        assert client.get("/me/settings/").status_code == 302


def test_a_new_role_shortens_the_session_at_once(client):
    member = MemberFactory()
    with at(0):
        client.force_login(member)
    type(member).objects.filter(pk=member.pk).update(role="manager")
    with at(13):
        assert client.get("/me/settings/").status_code == 302


@pytest.fixture
def required(settings):
    settings.TEAM_TWO_FACTOR = True


def confirmed(role="manager"):
    member = MemberFactory(role=role, email="ada@acme.example", password=PASSWORD)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def log_in(browser):
    return browser.post("/accounts/login/", {"login": "ada@acme.example", "password": PASSWORD})


def code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("role", ["manager", "moderator", "expert"])
def test_team_without_a_second_factor_reaches_nothing_else(client, role):
    confirmed(role)
    log_in(client)

    for address in ("/", "/admin/", "/latest/", "/me/settings/", "/desk/", "/api/v1/docs"):
        assert client.get(address).url == "/accounts/2fa/totp/activate/", address
    assert client.post("/new/").url == "/accounts/2fa/totp/activate/"
    htmx = client.get("/latest/", headers={"HX-Request": "true"})
    assert htmx["HX-Redirect"] == "/accounts/2fa/totp/activate/"
    assert client.post("/accounts/logout/").url == "/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("required")
def test_team_can_continue_once_the_second_factor_is_set_up(client):
    confirmed()
    log_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    assert "Team members can see and change more than others" in page.text

    client.post("/accounts/2fa/totp/activate/", {"code": code(page.context["form"].secret)})

    assert client.get("/latest/").status_code == 200
    assert client.get("/admin/").status_code == 200
    off = client.post("/accounts/2fa/totp/deactivate/")
    assert "you cannot turn it off" in off.text


@pytest.mark.usefixtures("required")
def test_another_session_of_the_team_needs_a_code_once_it_is_set_up():
    member, thief = confirmed(), Browser()
    log_in(thief)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(member, secret)

    assert thief.get("/latest/").url == "/accounts/2fa/reauthenticate/?next=%2Flatest%2F"
    assert thief.get("/accounts/2fa/totp/activate/").status_code == 302
    assert thief.get("/accounts/2fa/recovery-codes/").status_code == 302

    owner = Browser()
    log_in(owner)
    owner.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert get_user(owner) == member
    assert owner.get("/latest/").status_code == 200


@pytest.mark.usefixtures("required")
def test_members_need_no_second_factor(client):
    client.force_login(MemberFactory())

    assert client.get("/latest/").status_code == 200


@pytest.mark.usefixtures("required")
def test_the_second_factor_costs_no_query(client, django_assert_max_num_queries):
    client.force_login(MemberFactory(role="manager"))
    session = client.session
    session["two_factor_set_up_by"] = int(session["_auth_user_id"])
    session.save()
    client.get("/guidelines/")

    with django_assert_max_num_queries(5) as counted:
        client.get("/guidelines/")

    assert not [query for query in counted.captured_queries if "mfa_authenticator" in str(query["sql"])]
