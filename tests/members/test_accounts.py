"""Sign-up, log-in, password reset and two-factor authentication through allauth's views."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail

from community.api.models import ApiToken
from community.events.catalogue import COMPANY_JOINED, GUIDELINES_ACCEPTED, MEMBER_REGISTERED
from community.events.models import Event
from community.members.models import Guidelines, Member
from tests.factories.members import CompanyFactory, MemberFactory
from tests.support import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("confirmation_is_needed")]
PASSWORD = "a quiet morning with coffee"


def sign_up(client, **fields):
    typed = {
        "display_name": "Ada Winter",
        "username": "",
        "email": "ada@acme.example",
        "password1": PASSWORD,
        "guidelines": "on",
        **fields,
    }
    return client.post(
        "/accounts/signup/", {name: value for name, value in typed.items() if value is not None}
    )


def log_in(client, email="ada@acme.example", password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def confirmed(**fields):
    member = MemberFactory(email="ada@acme.example", password=PASSWORD, **fields)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def log_in_and_show_again(client):
    """Log in and reauthenticate, as sensitive changes require."""
    log_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def link_in(message):
    return re.search(r"http://testserver\S+", message.body).group()


def totp_code(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


# Sign-up


def test_sign_up_makes_a_member_with_a_username_from_the_name(client):
    response = sign_up(client)

    assert response["Location"] == "/accounts/confirm-email/"
    member = Member.objects.get(email="ada@acme.example")
    assert (member.username, member.display_name, member.is_claimed) == ("ada-winter", "Ada Winter", True)
    assert member.guidelines == Guidelines.objects.in_force()
    assert member.check_password(PASSWORD)
    assert set(Event.objects.filter(member=member).values_list("name", flat=True)) == {
        MEMBER_REGISTERED,
        GUIDELINES_ACCEPTED,
    }


def test_sign_up_with_a_chosen_username_keeps_its_case(client):
    sign_up(client, username="AdaW")

    assert Member.objects.get().username == "AdaW"


def test_sign_up_with_an_unusable_name_gets_a_username(client):
    sign_up(client, display_name="ゆき")

    member = Member.objects.get()
    assert (member.username, member.display_name) == ("member", "ゆき")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"display_name": ""}, "This field is required."),
        ({"display_name": "\u200b\u200b"}, "with visible characters"),
        ({"display_name": "Тaken Tom"}, "a team member"),
        ({"username": "TOM"}, "This username is already taken."),
        ({"username": "admin"}, "“admin” is not available."),
        ({"username": "no spaces"}, "Use only letters a to z"),
        ({"username": "аdа"}, "Use only letters a to z"),
        ({"username": "ab"}, "at least 3 characters"),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"email": ""}, "This field is required."),
        ({"password1": "short"}, "too short"),
        ({"password1": "1234567890"}, "entirely numeric"),
        ({"password1": "password123"}, "too common"),
        ({"guidelines": None}, "Agree to the guidelines to continue."),
    ],
)
def test_sign_up_shows_errors_and_keeps_what_was_typed(client, fields, sentence):
    MemberFactory(username="tom", display_name="Taken Tom", role="support")

    response = sign_up(client, **fields)

    assert response.status_code == 200
    assert sentence in response.text
    kept = {"display_name": "Ada Winter", "email": "ada@acme.example", **fields}
    assert f'value="{kept["email"]}"' in response.text or not kept["email"]
    assert not Member.objects.exclude(username="tom").exists()


def test_sign_up_without_guidelines_has_no_checkbox(client):
    Guidelines.objects.all().delete()

    sign_up(client, guidelines=None)

    assert Member.objects.get().guidelines is None


def test_sign_up_with_a_used_email_notifies_only_its_owner(client):
    confirmed()

    response = sign_up(client)

    assert response["Location"] == "/accounts/confirm-email/"
    assert Member.objects.count() == 1
    (message,) = mail.outbox
    assert message.subject == "You already have an account at Caravan"


def test_sign_up_page_asks_for_the_password_once_and_checks_the_username(client):
    html = client.get("/accounts/signup/").text

    assert html.count('type="password"') == 1
    assert 'hx-get="/accounts/username/"' in html
    assert 'href="/guidelines/"' in html


# Confirming the address


def test_confirming_the_email_logs_in_and_matches_the_company(client):
    company = CompanyFactory(verified_domains=["acme.example"])
    sign_up(client)
    (message,) = mail.outbox
    assert message.subject == "Confirm your email address for Caravan"
    assert "Hello Ada Winter," in message.body

    link = link_in(message)
    assert "Confirm" in client.get(link).text
    response = client.post(link)

    assert response.status_code == 302
    member = Member.objects.get()
    assert member.company == company
    assert Event.objects.filter(name=COMPANY_JOINED, member=member).count() == 1
    assert client.get("/me/settings/").status_code == 200


def test_confirming_in_another_browser_does_not_log_in(client):
    sign_up(client)

    other = Browser()
    other.post(link_in(mail.outbox[0]))

    assert other.get("/me/settings/").status_code == 302
    assert log_in(other).status_code == 302
    assert other.get("/me/settings/").status_code == 200


def test_an_unconfirmed_email_matches_no_company(client):
    CompanyFactory(verified_domains=["acme.example"])

    sign_up(client)

    assert Member.objects.get().company is None


def test_a_broken_confirmation_link_shows_an_error(client):
    assert "This link no longer works" in client.get("/accounts/confirm-email/nonsense/").text


def test_logging_in_before_confirming_sends_the_link_again(client):
    sign_up(client)

    response = log_in(Browser())

    assert response["Location"] == "/accounts/confirm-email/"


# Logging in and out


def test_log_in_by_email_ignores_case(client):
    confirmed()

    assert log_in(client, email="ADA@acme.example")["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"), [("ada@acme.example", "wrong"), ("bo@acme.example", PASSWORD)]
)
def test_log_in_shows_the_same_error_for_any_wrong_value(client, email, password):
    confirmed()

    response = log_in(client, email, password)

    assert "The email address and/or password you specified are not correct." in response.text


def test_an_imported_member_cannot_log_in(client):
    MemberFactory(unclaimed=True, username="old-hand")

    assert log_in(client, email="old-hand", password="").status_code == 200
    assert log_in(client, email="", password="").status_code == 200


def test_an_inactive_account_shows_a_message(client):
    confirmed(is_active=False)

    response = client.post(
        "/accounts/login/", {"login": "ada@acme.example", "password": PASSWORD}, follow=True
    )

    assert "This account is closed" in response.text


def test_log_out_requires_post(client):
    client.force_login(confirmed())
    assert "Log out?" in client.get("/accounts/logout/").text

    client.post("/accounts/logout/")

    assert client.get("/me/settings/").status_code == 302


# Password reset


def test_password_reset_by_email(client):
    confirmed()
    client.post("/accounts/password/reset/", {"email": "ada@acme.example"})
    (message,) = mail.outbox
    assert message.subject == "Reset your Caravan password"

    page = client.get(link_in(message), follow=True)
    address = page.redirect_chain[-1][0]
    client.post(address, {"password1": "another quiet morning", "password2": "another quiet morning"})

    assert log_in(client, password="another quiet morning")["Location"] == "/"


def test_a_reset_link_works_once(client):
    confirmed()
    client.post("/accounts/password/reset/", {"email": "ada@acme.example"})
    link = link_in(mail.outbox[0])
    address = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": "another quiet morning", "password2": "another quiet morning"})

    assert "This link no longer works" in Browser().get(link, follow=True).text


def test_an_imported_member_never_gets_mail(client):
    MemberFactory(unclaimed=True, username="old-hand")

    client.post("/accounts/password/reset/", {"email": "old-hand@example.com"})

    assert "Reset your Caravan password" not in [message.subject for message in mail.outbox]


# Two-factor authentication


@pytest.fixture
def with_totp(client):
    """A member with two-factor authentication set up in the browser, and the TOTP secret."""
    confirmed()
    log_in_and_show_again(client)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.text

    response = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})

    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


def test_setting_up_two_step_log_in_gives_recovery_codes(client, with_totp):
    page = client.get("/accounts/2fa/recovery-codes/")

    assert len(page.context["unused_codes"]) == 10
    assert all(code in page.text for code in page.context["unused_codes"])
    assert "Codes left: 10 of 10" in client.get("/accounts/2fa/").text


def test_a_wrong_code_does_not_activate_it(client):
    confirmed()
    log_in_and_show_again(client)
    client.get("/accounts/2fa/totp/activate/")

    response = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})

    assert "Incorrect code." in response.text
    assert not Authenticator.objects.exists()


def test_step_two_asks_for_the_code(with_totp):
    browser = Browser()
    assert log_in(browser)["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/me/settings/").status_code == 302

    wrong = browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code." in wrong.text


def test_a_recovery_code_opens_the_account_once(client, with_totp):
    code = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0]

    first, second = Browser(), Browser()
    log_in(first)
    log_in(second)

    assert first.post("/accounts/2fa/authenticate/", {"code": code})["Location"] == "/"
    assert "Incorrect code." in second.post("/accounts/2fa/authenticate/", {"code": code}).text


# Every allauth page uses our base template


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/accounts/confirm-email/",
        "/accounts/inactive/",
    ],
)
def test_log_in_and_sign_up_pages_use_our_base_template(client, path):
    html = client.get(path).text

    assert 'class="entrance"' in html
    assert 'class="site-header"' in html
    assert " style=" not in html


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/me/settings/",
    ],
)
def test_account_pages_use_our_base_template(client, path):
    confirmed()
    log_in_and_show_again(client)

    html = client.get(path).text

    assert 'class="settings-nav"' in html
    assert html.count('aria-current="page"') == 1
    assert " style=" not in html


@pytest.mark.parametrize("path", ["/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/"])
def test_two_factor_pages_use_our_base_template(client, with_totp, path):
    assert 'class="settings-nav"' in client.get(path).text


def test_changing_the_email_requires_confirming_the_new_one(client):
    confirmed()
    log_in_and_show_again(client)

    client.post("/accounts/email/", {"email": "new@acme.example", "action_add": ""})

    assert "We sent a link to <strong>new@acme.example</strong>." in " ".join(
        client.get("/accounts/email/").text.split()
    )
    assert Member.objects.get().email == "ada@acme.example"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/2fa/totp/activate/", None),
        ("/accounts/email/", {"email": "new@acme.example", "action_add": ""}),
        ("/admin/api/apitoken/add/", {"name": "Shop", "source": "shop", "scopes": ["events:write"]}),
    ],
)
def test_sensitive_changes_require_reauthentication(client, address, form):
    member = confirmed(role="manager")
    client.force_login(member)

    response = client.post(address, form, follow=True) if form else client.get(address, follow=True)

    assert "Confirm your identity" in response.text
    assert not member.emailaddress_set.filter(email="new@acme.example").exists()
    assert not ApiToken.objects.exists()


def test_a_change_of_email_continues_after_reauthentication(client):
    member = confirmed()
    client.force_login(member)
    asked = client.post("/accounts/email/", {"email": "new@acme.example", "action_add": ""})

    client.post(asked.url, {"password": PASSWORD, "next": "/accounts/email/"})

    assert member.emailaddress_set.filter(email="new@acme.example", verified=False).exists()
