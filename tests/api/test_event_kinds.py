"""The list of events that can be sent, and those that managers add."""

import pytest
from django.test import Client
from django.urls import reverse

from community.api import tasks
from community.api.inbound_events import INBOUND
from community.api.models import ApiToken, WaitingEvent
from community.events.models import CustomKind, CustomProperty, Event
from journeys.event_text import describe
from tests.api.conftest import event, statuses
from tests.factories.api import confirm_address, make_token
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
ADD = reverse("admin:events_customkind_add")


@pytest.fixture
def workshop() -> CustomKind:
    kind = CustomKind.objects.create(name="workshop.attended", says="attended a workshop")
    number = CustomProperty.Type.NUMBER
    CustomProperty.objects.create(kind=kind, name="seats", type=number, least=1, most=50, required=True)
    CustomProperty.objects.create(kind=kind, name="paid", type=CustomProperty.Type.YES_NO)
    CustomProperty.objects.create(kind=kind, name="room")
    return kind


def listed(secret: str) -> dict[str, dict]:
    response = Client().get("/api/v1/event-kinds", headers={"authorization": f"Bearer {secret}"})
    return {kind["name"]: kind for kind in response.json()["kinds"]}


def test_event_kinds_lists_what_can_be_sent(workshop):
    found = listed(make_token(ApiToken.Scope.EVENTS)[1])

    assert set(found) == {*INBOUND, "workshop.attended"}
    assert found["nps.answered"]["properties"][0] == {
        "name": "score",
        "required": True,
        "type": "integer",
        "minimum": 0,
        "maximum": 10,
    }
    assert found["purchase.refunded"]["scope"] == "purchases:write"
    assert found["workshop.attended"] == {
        "name": "workshop.attended",
        "description": "attended a workshop",
        "scope": "events:write",
        "custom": True,
        "properties": [
            {"name": "seats", "required": True, "type": "integer", "minimum": 1, "maximum": 50},
            {"name": "paid", "required": False, "type": "boolean", "minimum": None, "maximum": None},
            {"name": "room", "required": False, "type": "string", "minimum": None, "maximum": None},
        ],
    }


def test_event_kinds_needs_a_token():
    assert Client().get("/api/v1/event-kinds").status_code == 401


def test_custom_events_are_recorded(call, workshop):
    member = MemberFactory()
    confirm_address(member)
    props = {"seats": 3, "paid": True, "room": "Lab"}
    sent = [event(1, name=workshop.name, props=props, member={"email": member.email})]

    _, answer = call("events", {"events": sent})

    found = Event.objects.get(name="workshop.attended")
    assert (statuses(answer), found.props, found.member) == (["accepted"], props, member)
    assert describe([found], member)[0].action == "attended a workshop"


@pytest.mark.parametrize(
    ("props", "says"),
    [
        ({}, "workshop.attended: seats: This is missing."),
        ({"seats": 51}, "workshop.attended: seats: 51 is too large. Send a number of at most 50."),
        (
            {"seats": True},
            "workshop.attended: seats: true is not valid. Send a whole number, without quotes or decimals.",
        ),
        (
            {"seats": 3, "mood": 1},
            "workshop.attended: mood: There is no such property. The properties are: seats, paid, room.",
        ),
        (
            {"seats": 3, "paid": "yes"},
            'workshop.attended: paid: "yes" is not valid. Send true or false, without quotes.',
        ),
    ],
)
def test_custom_events_are_checked(call, workshop, props, says):
    _, answer = call("events", {"events": [event(name=workshop.name, props=props)]})

    assert (statuses(answer), answer["results"][0]["reason"]) == (["rejected"], says)


def test_custom_events_may_wait(call, workshop):
    call(
        "events",
        {"events": [event(name=workshop.name, props={"seats": 3}, member={"email": "ada@example.com"})]},
    )
    assert WaitingEvent.objects.waiting().exists()
    member = MemberFactory(email="ada@example.com")
    confirm_address(member)

    tasks.match_new()

    assert Event.objects.get(name="workshop.attended").member == member


def form(**fields) -> dict[str, object]:
    inline = {
        "TOTAL_FORMS": 1,
        "INITIAL_FORMS": 0,
        "0-name": "seats",
        "0-type": "number",
        "0-least": 1,
        "0-most": 9,
    }
    sent = {"name": "workshop.attended", "says": "attended a workshop"}
    return {**sent, **{f"properties-{key}": value for key, value in inline.items()}, **fields}


def test_managers_add_custom_events(client, manager):
    client.force_login(manager)

    client.post(ADD, form())

    kind = CustomKind.objects.get()
    assert (kind.name, kind.properties.get().most) == ("workshop.attended", 9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "call.logged"},
        {"name": "Workshop attended"},
        {"name": "workshop"},
        {"properties-0-name": "Seats!"},
        {"properties-0-least": ""},
        {"properties-0-most": 0},
        {"properties-0-type": "text"},
    ],
)
def test_wrong_custom_events_are_refused(client, manager, wrong):
    client.force_login(manager)

    response = client.post(ADD, form(**wrong))

    assert response.status_code == 200
    assert not CustomKind.objects.exists()


@pytest.mark.parametrize("role", ["moderator", "sales", ""])
def test_only_managers_see_custom_events(client, role):
    client.force_login(MemberFactory(role=role))

    assert client.get(ADD).status_code in (302, 403)
