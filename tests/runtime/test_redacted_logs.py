"""No log or error report contains tokens, search terms or people's addresses."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.test import Client

from community.core import redaction
from community.events.models import Event
from community.members.models import Member
from community.members.services import visits
from community.runtime import logs
from community.runtime.embedded import BASE_DIR
from tests.factories.members import MemberFactory
from tests.runtime.helpers import served_environment

SECRET = "Sesame-Open-4711"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["json", "console"])
def log(request) -> Iterator[io.StringIO]:
    """Everything that is logged, at every level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs._formatter(request.param))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def secret_addresses() -> list[str]:
    begins = [*redaction.SECRET_PREFIXES]
    keys = [prefix.replace("/key/", "/key/3-") + SECRET for prefix in begins]
    return [*[f"{key}/" for key in keys], *keys, *[f"{key}/more/" for key in keys]]


def send_all(client: Client) -> None:
    for address in secret_addresses():
        for send in (client.get, client.post):
            send(address)
            send("/accounts/login/", query_params={"next": address})
    client.get("/search/", {"q": SECRET})
    client.get("/search/", {SECRET: "x"})
    client.get("/latest/", headers={"referer": f"http://testserver/invitation/{SECRET}/"})
    client.post("/accounts/login/", {"login": f"{SECRET}@mail.example", "password": SECRET})
    client.get(f"/{SECRET}", {"q": SECRET}, headers={"host": "evil.example"})


def test_no_request_leaves_its_secrets_in_the_log(log: io.StringIO):
    send_all(Client(raise_request_exception=False))
    send_all(Client(raise_request_exception=False, enforce_csrf_checks=True))
    member = Client()
    member.force_login(MemberFactory())
    send_all(member)

    told = re.sub(rf"/{SECRET}(?=[^/]|$)", "", log.getvalue())  # not the path of any page
    assert "/invitation/<token>/" in told
    assert SECRET.lower() not in told.lower()


def test_no_error_leaves_its_secrets_in_the_log(log: io.StringIO, monkeypatch):
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError(f"cannot do {args} {kwargs} {SECRET} for ada@mail.example")

    monkeypatch.setattr("community.members.services.invitations.invitation_of", fail)
    monkeypatch.setattr("community.pages.views.home.search_page", fail, raising=False)
    client = Client(raise_request_exception=False)

    responses = [client.get(f"/invitation/{SECRET}/"), client.post(f"/invitation/{SECRET}/")]

    assert [response.status_code for response in responses] == [500, 500]
    assert "RuntimeError" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert "ada@mail" not in log.getvalue()


def test_libraries_leave_no_secrets_in_the_log(log: io.StringIO, rf):
    request = rf.get(f"/suspended/{SECRET}/", {"q": SECRET})

    logging.getLogger("some.library").warning(
        "Refused %s", request.get_full_path(), extra={"request": request}
    )
    logging.getLogger("some.library").error("Lost", extra={"seen": [{"url": f"http://a/search/?q={SECRET}"}]})

    assert log.getvalue().count("\n") == 2
    assert SECRET not in log.getvalue()


def test_the_event_log_keeps_no_token_of_a_visit(client: Client):
    member: Member = MemberFactory()
    client.force_login(member)
    visits._noted_until.clear()

    client.get(f"/suspended/{SECRET}/")
    client.get("/latest/")
    visits.write_visits()

    assert SECRET not in json.dumps(list(Event.objects.values_list("props", flat=True)))


REPORT = f"""
import django; django.setup()
import sentry_sdk, sys
from django.test import Client
sentry_sdk.get_client().transport.capture_envelope = lambda envelope: print(
    [item.payload.json for item in envelope.items], file=sys.stdout)
import community.members.views as views
def fail(token):
    raise RuntimeError("no " + token)
views.invitations.invitation_of = fail
Client(raise_request_exception=False).post(
    "/invitation/{SECRET}/?next={SECRET}", {{"password": "{SECRET}"}}, secure=True,
    headers={{"host": "community.example", "referer": "https://community.example/search/?q={SECRET}",
             "origin": "https://community.example"}})
"""


def test_error_reports_have_no_secrets():
    environment = served_environment(
        DJANGO_SETTINGS_MODULE="community.settings", SENTRY_DSN="https://key@127.0.0.1/1"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REPORT],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert "RuntimeError" in done.stdout, done.stderr
    assert "/invitation/<token>/" in done.stdout
    assert SECRET not in done.stdout
    assert SECRET not in "".join(line for line in done.stderr.splitlines() if line.startswith("{"))
