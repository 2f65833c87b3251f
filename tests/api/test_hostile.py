"""Input from a malicious or buggy client with a valid token."""

import json

import pytest
from django.test import Client

from tests.api.conftest import event, purchase, statuses
from tests.factories.api import confirm_address, make_token
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

UNSTORABLE = ["a\x00b", "a\ud800b"]


def post(path, body):
    _, secret = make_token()
    client = Client(raise_request_exception=False)
    body = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize("name", ["moon.landed", "webinar.attended", "call.logged"])
def test_events_with_unstorable_text_get_a_result(name, text):
    sent = [
        event(id="1", name=name, props={"title": text, "topic": text, "x": [{text: text}]}),
        event(id="2", name=name + text),
        event(id=text),
        event(id="3", member={"email": f"{text}@example.com", "external_id": text}),
        event(id="4", account={"external_id": text, "domain": f"{text}.com"}),
    ]

    response = post("events", {"events": sent})

    assert response.status_code == 200
    assert set(statuses(response.json())) <= {"rejected", "quarantined"}


@pytest.mark.parametrize("text", UNSTORABLE)
def test_purchases_with_unstorable_text_are_rejected(text):
    caller = MemberFactory()
    confirm_address(caller)
    sent = [
        purchase(external_id=text),
        purchase(external_id="2", products=[text]),
        purchase(external_id="3", buyer={"external_id": text}),
    ]

    response = post("purchases", {"purchases": sent})

    assert statuses(response.json()) == ["rejected"] * 3


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        99999999999999,
        -1e30,
        "1e400",
    ],
)
def test_impossible_times_get_a_result(moment):
    caller = MemberFactory()
    confirm_address(caller)
    known = {"email": caller.email}

    events = post("events", {"events": [event(occurred_at=moment, member=known)]})
    purchases = post("purchases", {"purchases": [purchase(occurred_at=moment, buyer=known)]})

    assert (events.status_code, purchases.status_code) == (200, 200)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"events":' * 50_000,
        b"\xff\xfe",
        '{"events": {"a": 1}}',
        '{"events": [null, 1, [], "x"]}',
        '{"events": [{"id": ' + "9" * 5_000 + "}]}",
        '{"events": [{"id": "1", "name": "x.y", "occurred_at": "2026-03-01T12:00:00Z", "props": {"n": 1e999}}]}',
        '{"events": [{"id": "1", "name": "x.y", "occurred_at": "2026-03-01T12:00:00Z", "props": {"n": '
        + "[" * 5_000
        + "]" * 5_000
        + "}}]}",
    ],
    ids=range(12),
)
def test_malformed_bodies_get_an_error(body):
    assert post("events", body).status_code in (200, 400, 422)


@pytest.mark.parametrize(("depth", "status"), [(50, "quarantined"), (51, "rejected"), (500, "rejected")])
def test_deeply_nested_props_are_rejected(depth, status):
    sent = json.dumps({"events": [event(name="moon.landed", props={"topic": "?"})]})

    response = post("events", sent.replace('"?"', "[" * (depth - 1) + "]" * (depth - 1)))

    assert statuses(response.json()) == [status]
