"""What strangers can learn about accounts, and where log-in leads."""

import pytest
from django.core import mail

from tests.factories.members import MemberFactory
from tests.forum.pages import texts
from tests.support import Browser

pytestmark = pytest.mark.django_db

PASSWORD = "a quiet morning walk"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "http:///evil.example",
]


@pytest.fixture
def ada():
    member = MemberFactory(email="ada@acme.example", password=PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    return member


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_to_another_site(client, ada, target):
    logged_in = client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD, "next": target})
    asked = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target})
    agreed = client.post("/guidelines/accept/", {"version": "1", "next": target})
    logged_out = client.post("/accounts/logout/", {"next": target})
    themed = client.post("/theme/", {"theme": "dark"}, headers={"Referer": target})

    for response in (logged_in, asked, agreed, logged_out, themed):
        assert "evil" not in response.headers.get("Location", "")
        assert "alert" not in response.headers.get("Location", "")


def test_password_reset_says_the_same_for_every_address(ada):
    answers = []
    for email in (ada.email, "nobody@acme.example"):
        browser = Browser()
        first = browser.post("/accounts/password/reset/", {"email": email})
        page = browser.get(first.url)
        answers.append((first.status_code, first.url, texts(page, "main h1"), texts(page, "main p")))

    assert answers[0] == answers[1]
    assert [message.to for message in mail.outbox] == [["ada@acme.example"], ["nobody@acme.example"]]


def test_emails_contain_only_our_host(client, ada, settings):
    settings.ALLOWED_HOSTS = ["testserver"]

    refused = client.post("/accounts/password/reset/", {"email": ada.email}, headers={"Host": "evil.example"})
    forwarded = client.post(
        "/accounts/password/reset/", {"email": ada.email}, headers={"X-Forwarded-Host": "evil.example"}
    )

    assert (refused.status_code, forwarded.status_code) == (400, 302)
    assert "evil" not in mail.outbox[0].body
    assert len(mail.outbox) == 1


def test_member_cookies_are_for_this_site_and_hidden_from_scripts(client, ada, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/accounts/login/")

    cookies = client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD}).cookies

    assert {"sessionid", "device", "csrftoken"} <= set(cookies)
    for name in ("sessionid", "device", "csrftoken"):
        assert (cookies[name]["secure"], cookies[name]["httponly"], cookies[name]["samesite"]) == (
            True,
            True,
            "Lax",
        )
