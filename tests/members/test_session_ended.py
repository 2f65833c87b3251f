"""A session ends while somebody is writing: nothing typed is lost, and nobody else can see it."""

import json

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.utils import timezone

from community.forum.models import Post
from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts
from tests.support import Browser

pytestmark = pytest.mark.django_db

PASSWORD = "a quiet morning walk"
TEXT = "Clean the valve\nand try again, <b>please</b>."
OWN = {"Origin": "http://testserver"}


def confirmed(**fields):
    member = MemberFactory(password=PASSWORD, **fields)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


@pytest.fixture
def ada():
    return confirmed(email="ada@acme.example", customer_since="2026-01-01")


@pytest.fixture
def reply_address(ada):
    return f"/topics/{TopicFactory().pk}/reply/"


def log_in(client, email="ada@acme.example", **query):
    return client.post("/accounts/login/", {"login": email, "password": PASSWORD, **query})


def form_of(response):
    form = page(response).cssselect("main form.form")[0]
    # Browsers ignore the line break after <textarea>, which lxml does not.
    return form.get("action"), {
        field.name: field.value.removeprefix("\n") for field in form.inputs if field.name
    }


@pytest.mark.parametrize(
    ("headers", "is_json"),
    [
        ({"HX-Request": "true"}, False),
        ({"Sec-Fetch-Dest": "empty"}, False),
        ({"Accept": "application/json"}, True),
    ],
)
@pytest.mark.parametrize("what", ["reply", "react", "edit", "menu", "preview", "mentions"])
def test_scripts_are_told_instead_of_getting_the_log_in_page(client, reply_address, headers, is_json, what):
    post = Post.objects.get()
    addresses = {
        "reply": reply_address,
        "react": "/posts/react/",
        "preview": "/new/preview/",
        "mentions": "/new/mentions/",
    }
    address = addresses.get(what, f"/posts/{post.pk}/{what}/")
    send = client.get if what in ("menu", "mentions", "edit") else client.post

    response = send(address, {"source": TEXT}, headers=headers)

    assert (response.status_code, response["X-Session-Ended"]) == (401, "1")
    assert response["Cache-Control"] == "no-store"
    if is_json:
        assert json.loads(response.text)["detail"].startswith("You have been logged out.")
    else:
        assert "<dialog" in response.text
        assert '<form method="post"' not in response.text


def test_plain_form_is_shown_again_after_log_in_and_sent(client, ada, reply_address):
    response = client.post(reply_address, {"source": TEXT, "parent": "", "shown_to": ada.pk})
    assert response.url == "/accounts/login/?next=%2Fme%2Funsent%2F"

    assert log_in(client, next="/me/unsent/").url == "/me/unsent/"
    action, fields = form_of(client.get("/me/unsent/"))
    assert action == reply_address
    assert (fields["source"], fields["shown_to"]) == (TEXT, str(ada.pk))

    client.post(action, fields)
    assert Post.objects.filter(author=ada, source=TEXT).count() == 1
    assert client.get("/me/unsent/").url == "/"


def test_plain_form_is_shown_to_nobody_else_and_expires(client, ada, reply_address):
    confirmed(email="bo@acme.example")
    client.post(reply_address, {"source": TEXT, "shown_to": ada.pk})
    log_in(client, email="bo@acme.example")
    assert client.get("/me/unsent/").url == "/"

    late = Browser()
    late.post(reply_address, {"source": TEXT, "shown_to": ada.pk})
    with time_machine.travel(timezone.now().timestamp() + 3700):
        log_in(late)
        assert late.get("/me/unsent/").url == "/"


@pytest.mark.parametrize(
    "fields",
    [{"source": TEXT}, {"source": TEXT, "shown_to": "x"}, {"source": "x" * 200_000, "shown_to": "1"}],
)
def test_forms_not_shown_to_a_member_or_too_long_are_not_kept(client, reply_address, fields):
    response = client.post(reply_address, fields)

    assert response.url == f"/accounts/login/?next={reply_address}"
    assert "sessionid" not in response.cookies


def test_forms_record_who_they_are_shown_to(client, ada):
    topic = TopicFactory()
    client.force_login(ada)

    form = page(client.get(topic.get_absolute_url())).cssselect("#reply-form")[0]

    assert form.cssselect("input[name=shown_to]")[0].get("value") == str(ada.pk)
    assert "shown_to" not in Client().get("/accounts/login/").text


@pytest.fixture
def strict(ada):
    """A browser whose page has an old CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.cookies["csrftoken"] = _get_new_csrf_string()
    return client


def test_csrf_failure_keeps_what_was_typed(strict, ada, reply_address):
    fields = {"source": TEXT, "parent": "", "shown_to": ada.pk, "csrfmiddlewaretoken": _get_new_csrf_string()}

    response = strict.post(reply_address, fields, headers=OWN)

    assert response.status_code == 403
    action, again = form_of(response)
    assert (action, again["source"]) == (reply_address, TEXT)
    assert strict.post(action, again, headers=OWN).status_code == 302
    assert Post.objects.filter(author=ada, source=TEXT).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_csrf_failure_offers_nothing_to_other_sites(strict, ada, reply_address, headers):
    response = strict.post(reply_address, {"source": TEXT, "shown_to": ada.pk}, headers=headers)

    assert response.status_code == 403
    assert texts(response, "main h1") == ["Please try again"]
    assert TEXT not in response.text
    assert page(response).cssselect("main form") == []


def test_csrf_failure_shows_a_text_to_its_author_only(strict, reply_address):
    other = MemberFactory()

    response = strict.post(reply_address, {"source": TEXT, "shown_to": other.pk}, headers=OWN)

    assert response.status_code == 403
    assert "Clean the valve" not in response.text


def test_csrf_failure_tells_scripts_that_a_new_token_is_enough(strict, reply_address):
    response = strict.post(reply_address, {"source": TEXT}, headers={**OWN, "HX-Request": "true"})

    assert (response.status_code, response["X-Session-Ended"]) == (403, "1")
    assert "<dialog" in response.text
    told = strict.get("/accounts/session/").json()
    assert strict.post("/theme/", {"theme": "dark"}).status_code == 302
    answered = strict.post(reply_address, {"source": TEXT}, headers={**OWN, "X-CSRFToken": told["token"]})
    assert answered.status_code == 302


def test_session_says_who_is_logged_in(client, ada):
    assert client.get("/accounts/session/").json()["account"] == ""
    client.force_login(ada)
    response = client.get("/accounts/session/")

    assert response.json()["account"] == str(ada.pk)
    assert "no-store" in response["Cache-Control"]
