"""The API's admin pages: tokens, waiting events and the quarantine."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from community.api.models import ApiToken, ExternalId, PurchaseFile, QuarantinedEvent, WaitingEvent
from community.api.services import ingestion, parsers, waiting_events
from community.events.models import Event
from tests.api.conftest import purchase
from tests.factories.api import confirm_address, make_token
from tests.factories.members import MemberFactory
from tests.support import reauthenticate

pytestmark = pytest.mark.django_db
PAGES = ["apitoken", "waitingevent", "quarantinedevent", "purchasefile", "externalid"]


@pytest.fixture
def client(manager) -> Client:
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def waiting() -> WaitingEvent:
    ingestion.ingest(
        parsers.parse_purchases(
            [purchase(buyer={"email": "new@example.com", "external_id": "c-7"})], source="crm"
        )
    )
    return WaitingEvent.objects.get()


def page(model: str, action: str = "changelist", *args: object) -> str:
    return reverse(f"admin:api_{model}_{action}", args=args)


@pytest.mark.parametrize("model", PAGES)
def test_lists_are_for_managers(client, model):
    assert client.get(page(model)).status_code == 200


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize("role", ["moderator", "sales", ""])
def test_lists_are_for_managers_only(model, role):
    other = Client()
    other.force_login(MemberFactory(role=role))

    assert other.get(page(model)).status_code in (302, 403)


def test_a_new_token_is_shown_once(client, manager):
    reauthenticate(client)
    response = client.post(
        page("apitoken", "add"),
        {"name": "CRM", "source": "crm", "scopes": ["purchases:write"], "calls_a_minute": 60},
        follow=True,
    )

    (secret,) = set(re.findall(r"caravan_[\w-]{43}", response.content.decode()))
    token = ApiToken.objects.get()
    assert (token.created_by, token.scopes, token.prefix) == (manager, ["purchases:write"], secret[:14])
    assert secret not in str(token.__dict__)
    assert secret not in client.get(page("apitoken")).content.decode()
    assert secret not in client.get(page("apitoken", "change", token.pk)).content.decode()


def test_a_new_token_works(client, call):
    reauthenticate(client)
    response = client.post(
        page("apitoken", "add"),
        {"name": "CRM", "source": "crm", "scopes": ["purchases:write"], "calls_a_minute": 60},
        follow=True,
    )
    secret = re.search(r"caravan_[\w-]{43}", response.content.decode())[0]

    assert call("purchases", {"purchases": []}, secret=secret)[0] == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"source": "not a slug"},
        {"name": ""},
        {"calls_a_minute": -1},
    ],
)
def test_a_token_needs_sensible_values(client, wrong):
    fields = {"name": "CRM", "source": "crm", "scopes": ["purchases:write"], "calls_a_minute": 60, **wrong}

    client.post(page("apitoken", "add"), fields)

    assert not ApiToken.objects.exists()


def test_a_token_can_be_changed_but_not_its_source(client):
    token, _ = make_token()

    client.post(
        page("apitoken", "change", token.pk),
        {"name": "New CRM", "source": "shop", "scopes": ["events:write"], "calls_a_minute": 10},
    )

    token.refresh_from_db()
    assert (token.name, token.source, token.scopes, token.calls_a_minute) == (
        "New CRM",
        "crm",
        ["events:write"],
        10,
    )


def test_tokens_are_revoked_not_deleted(client, call):
    token, secret = make_token()

    client.post(page("apitoken"), {"action": "revoke", "_selected_action": [token.pk]})

    assert call("events", {"events": []}, secret=secret)[0] == 401
    assert client.post(page("apitoken", "delete", token.pk)).status_code == 403


def test_the_queue_shows_person_and_amount(client, waiting):
    html = client.get(page("waitingevent")).content.decode()

    assert "new@example.com · c-7" in html
    assert "129.00 EUR" in html
    assert "Unmatched" in html


def test_choosing_a_member_applies_the_event(client, waiting):
    member = MemberFactory()

    client.post(page("waitingevent", "change", waiting.pk), {"member": member.pk})

    assert Event.objects.get(name="purchase.completed").member == member
    assert ExternalId.objects.get().member == member


def test_saving_without_a_member_changes_nothing(client, waiting):
    client.post(page("waitingevent", "change", waiting.pk), {"member": ""})

    assert WaitingEvent.objects.waiting().count() == 1


def test_matching_again_applies_matched_events(client, waiting):
    member = MemberFactory(email="new@example.com")
    confirm_address(member)

    client.post(page("waitingevent"), {"action": "match_again", "_selected_action": [waiting.pk]})

    assert Event.objects.get(name="purchase.completed").member == member


def test_dismissing_removes_it_from_the_queue(client, waiting):
    client.post(page("waitingevent"), {"action": "dismiss", "_selected_action": [waiting.pk]})

    assert not WaitingEvent.objects.waiting().exists()
    assert "Dismissed" in client.get(page("waitingevent")).content.decode()


def test_conflicts_are_shown_and_resolved(client, waiting):
    waiting_events.assign(waiting, MemberFactory(), actor=MemberFactory())
    ingestion.ingest(parsers.parse_purchases([purchase(amount="1.00", external_id="order-1")], source="crm"))
    conflict = QuarantinedEvent.objects.get()

    shown = client.get(page("quarantinedevent", "change", conflict.pk)).content.decode()
    client.post(page("quarantinedevent"), {"action": "resolve", "_selected_action": [conflict.pk]})

    assert "Same ID, different content" in shown
    conflict.refresh_from_db()
    assert conflict.resolved_at is not None


def test_imported_files_are_listed(client):
    kept = PurchaseFile.objects.create(
        name="orders.csv", sha256="0" * 64, source="csv", counts={"accepted": 3}
    )

    assert "orders.csv" in client.get(page("purchasefile", "change", kept.pk)).content.decode()
    assert client.get(page("purchasefile", "add")).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_costs_the_same_for_one_row_and_three(client, django_assert_max_num_queries, rows):
    ingestion.ingest(
        parsers.parse_purchases(
            [purchase(n, buyer={"email": f"p{n}@example.com"}) for n in range(rows)], source="crm"
        )
    )

    with django_assert_max_num_queries(12):
        client.get(page("waitingevent"))


def test_the_dashboard_counts_what_waits_and_what_is_held(client, waiting):
    response = client.get(reverse("admin:index"))

    tiles = {tile.title: tile for tile in response.context["tiles"]}
    assert (tiles["Unmatched events"].figure, tiles["Events in quarantine"].figure) == (1, 0)
    assert client.get(tiles["Unmatched events"].address).context["cl"].result_count == 1


def test_the_dashboard_of_moderators_has_no_events(moderator):
    client = Client()
    client.force_login(moderator)

    tiles = client.get(reverse("admin:index")).context["tiles"]

    assert not {"Unmatched events", "Events in quarantine"} & {tile.title for tile in tiles}
