"""Rate limits on log-in, sign-up and password reset: the form, the message and Retry-After."""

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.totp.internal import auth as totp_auth
from django.contrib.auth import get_user
from django.core import mail

from community.members.forms import AuthenticateForm
from community.members.models import Member
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts
from tests.support import Browser

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
WRONG = "wrong horse battery"
ALERT = "main form [role=alert]"


@pytest.fixture
def ann():
    member = MemberFactory(email="ann@example.com")
    member.set_password(PASSWORD)
    member.save(update_fields=["password"])
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    return member


def log_in(client, password=PASSWORD, email="ann@example.com", address="203.0.113.7"):
    return client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def value_of(response, name):
    return page(response).cssselect(f"main [name={name}]")[0].get("value")


def test_log_in_is_limited_per_account_after_five_wrong_passwords(client, ann):
    with time_machine.travel(ann.joined_at, tick=False):
        responses = [log_in(client, WRONG) for _ in range(6)]

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert responses[5]["Retry-After"] == "301"
    assert texts(responses[5], ALERT) == [
        "There were too many log-in attempts for this account. Please try again in 6 minutes, or reset your password."
    ]


def test_log_in_keeps_the_typed_email_but_never_the_password(client, ann):
    for _ in range(6):
        response = log_in(client, WRONG)

    assert value_of(response, "login") == "ann@example.com"
    assert WRONG not in response.content.decode()


def test_log_in_of_a_limited_account_is_refused_with_the_right_password(client, ann):
    for _ in range(5):
        log_in(client, WRONG)

    assert log_in(client, email="ANN@example.com").status_code == 429
    assert not get_user(client).is_authenticated


def test_a_stranger_cannot_lock_the_owner_out(client, ann):
    for _ in range(9):
        log_in(Browser(), WRONG)

    assert log_in(client, address="198.51.100.9").status_code == 302
    assert get_user(client) == ann


def test_a_browser_that_logged_in_before_has_its_own_limit(client, settings, ann):
    settings.RATE_LIMITS = {"log-ins": "12/minute"}
    log_in(client)
    client.logout()
    client.cookies["device"] = device = log_in(client).cookies["device"].value
    client.post("/accounts/logout/")
    for _ in range(15):
        log_in(Browser(), WRONG)

    known, unknown, other_account = client, Browser(), Browser()
    other_account.cookies["device"] = device
    MemberFactory(email="bo@example.com")

    assert log_in(unknown).status_code == 429
    assert log_in(other_account, email="bo@example.com").status_code == 429
    assert [log_in(known, WRONG).status_code for _ in range(11)] == [200] * 10 + [429]


def test_many_networks_are_slowed_but_none_is_locked(ann):
    with time_machine.travel(ann.joined_at, tick=False):
        for number in range(30):
            log_in(Browser(), WRONG, address=f"203.0.113.{number}")

        codes = [log_in(Browser(), WRONG, address="198.51.100.9").status_code for _ in range(2)]
        owner = log_in(Browser(), address="198.51.100.10").status_code

    assert (codes, owner) == ([200, 429], 302)


@pytest.mark.parametrize("forged", ["x", "WzEsMl0:1xX1SE:aaaa", ""])
def test_a_forged_device_is_unknown(client, ann, forged):
    client.cookies["device"] = forged
    codes = [log_in(client, WRONG).status_code for _ in range(6)]

    assert codes == [200] * 5 + [429]


def test_the_device_cookie_is_only_sent_to_log_in(client, ann):
    cookie = log_in(client).cookies["device"]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/accounts/")
    assert "ann" not in cookie.value


def test_log_in_works_again_after_the_limit_expires(client, ann):
    start = ann.joined_at.timestamp()
    for second in range(6):
        with time_machine.travel(start + second, tick=False):
            response = log_in(client, WRONG)

    with time_machine.travel(start + 5 + int(response["Retry-After"]), tick=False):
        log_in(client)
        assert get_user(client) == ann


def test_log_in_resets_the_limit_after_the_right_password(client, ann):
    for password in [WRONG, WRONG, WRONG, WRONG, PASSWORD]:
        log_in(client, password)
    client.logout()

    assert [log_in(client, WRONG).status_code for _ in range(5)] == [200] * 5


def test_log_in_does_not_reveal_whether_an_account_exists(client):
    codes = [log_in(client, email="nobody@example.com").status_code for _ in range(6)]

    assert codes == [200] * 5 + [429]


def test_log_in_is_limited_per_ip_across_accounts(client, settings, ann):
    settings.RATE_LIMITS = {"log-ins": "3/minute"}

    codes = [log_in(client, WRONG, email=f"{n}@example.com").status_code for n in range(4)]
    response = log_in(client)
    elsewhere = log_in(client, address="198.51.100.9")

    assert codes == [200, 200, 200, 429]
    assert texts(response, ALERT)[0].startswith("There were a lot of log-in attempts from your network. ")
    assert elsewhere.status_code == 302


def test_log_in_to_the_admin_is_limited_too(client, ann):
    for _ in range(5):
        log_in(client, WRONG)

    response = client.post(
        "/admin/login/", {"username": "ann@example.com", "password": PASSWORD}, follow=True
    )

    assert not get_user(client).is_authenticated
    assert response.redirect_chain[0][0].startswith("/accounts/login/")


def sign_up(client, number=1):
    data = {
        "display_name": "Ann Example",
        "username": f"ann{number}",
        "email": f"ann{number}@example.com",
        "password1": PASSWORD,
        "guidelines": "on",
    }
    return client.post("/accounts/signup/", data)


def test_sign_up_is_limited_per_ip_and_keeps_what_was_typed(client, settings):
    settings.RATE_LIMITS = {"sign-ups": "2/hour"}

    responses = []
    for number in range(4):
        responses.append(sign_up(client, number))
        client.logout()

    assert [response.status_code for response in responses] == [302, 302, 429, 429]
    assert 0 < int(responses[3]["Retry-After"]) <= 3600
    assert texts(responses[3], ".errorlist.nonfield")[0].startswith(
        "A lot of accounts were created from your network. "
    )
    assert value_of(responses[3], "display_name") == "Ann Example"
    assert value_of(responses[3], "email") == "ann3@example.com"
    assert PASSWORD not in responses[3].content.decode()
    assert Member.objects.filter(display_name="Ann Example").count() == 2


def test_sign_up_does_not_count_invalid_forms(client, settings):
    settings.RATE_LIMITS = {"sign-ups": "1/hour"}
    for _ in range(3):
        client.post("/accounts/signup/", {"display_name": "Ann"})

    assert sign_up(client).status_code == 302


def ask_for_a_new_password(client, email="ann@example.com"):
    return client.post("/accounts/password/reset/", {"email": email})


def test_password_reset_is_limited_per_account(client, ann):
    responses = [ask_for_a_new_password(client) for _ in range(4)]

    assert [response.status_code for response in responses] == [302, 302, 302, 429]
    assert len(mail.outbox) == 3
    assert 0 < int(responses[3]["Retry-After"]) <= 600
    assert value_of(responses[3], "email") == "ann@example.com"


def test_password_reset_is_limited_per_ip(client, settings):
    settings.RATE_LIMITS = {"password-resets": "2/minute"}

    codes = [ask_for_a_new_password(client, f"{n}@example.com").status_code for n in range(3)]

    assert codes == [302, 302, 429]


def test_password_reset_lifts_the_log_in_limit(client, ann):
    for _ in range(6):
        log_in(client, WRONG)
    ask_for_a_new_password(client)
    address = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    form = client.get(address, follow=True)

    client.post(
        form.redirect_chain[-1][0],
        {"password1": "another horse battery", "password2": "another horse battery"},
        REMOTE_ADDR="203.0.113.7",
    )

    assert log_in(client, "another horse battery").status_code == 302


def test_the_second_factor_is_limited_per_account(client, ann):
    totp_auth.TOTP.activate(ann, totp_auth.generate_totp_secret())
    log_in(client)

    responses = [client.post("/accounts/2fa/authenticate/", {"code": "000000"}) for _ in range(6)]

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert 0 < int(responses[5]["Retry-After"]) <= 300
    assert "There were too many codes for this account. " in responses[5].text


@pytest.mark.usefixtures("redis_refuses_writes")
def test_second_factor_works_when_redis_refuses_writes(rf, ann):
    totp_auth.TOTP.activate(ann, totp_auth.generate_totp_secret())
    form = AuthenticateForm({"code": "000000"}, user=ann)

    with request_context(rf.post("/accounts/2fa/authenticate/")):
        errors = form.errors

    assert errors == {"code": ["Incorrect code."]}


@pytest.mark.usefixtures("confirmation_is_needed")
def test_confirmation_is_sent_again_only_after_three_minutes(client, ann):
    ann.emailaddress_set.update(verified=False)
    start = ann.joined_at.timestamp()
    for second in (0, 60, 181):
        with time_machine.travel(start + second, tick=False):
            log_in(client)

    assert [message.to for message in mail.outbox] == [["ann@example.com"]] * 2


def test_allauths_own_limits_use_our_error_page(client, ann):
    client.force_login(ann)

    for _ in range(11):
        response = client.post("/accounts/email/", {"action_add": "", "email": ""})

    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert texts(response, "h1") == ["Too many requests"]
    assert texts(response, "[data-error-sentence]") == [
        "Too many attempts. Please wait a minute and try again."
    ]


@pytest.mark.usefixtures("redis_refuses_writes")
def test_log_in_works_when_redis_refuses_writes(client, ann):
    assert log_in(client).url == "/"


@pytest.mark.usefixtures("redis_refuses_writes", "confirmation_is_needed")
def test_sign_up_works_when_redis_refuses_writes(client):
    assert sign_up(client).status_code == 302
    assert [message.to for message in mail.outbox] == [["ann1@example.com"]]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock?db=0"])
def test_log_in_sign_up_and_password_reset_work_without_redis(client, settings, ann, url):
    settings.REDIS_URL = url

    codes = [log_in(client).status_code]
    client.logout()
    codes.append(ask_for_a_new_password(client).status_code)
    codes.append(sign_up(client).status_code)

    assert codes == [302, 302, 302]
