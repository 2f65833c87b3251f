"""Releasing quarantined facts after review."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from community.api import inbound_events
from community.api.models import QuarantinedEvent, WaitingEvent
from community.api.services import ingestion, parsers, quarantine
from community.events.models import Event
from community.moderation.models import AuditEntry
from tests.api.conftest import purchase
from tests.factories.api import confirm_address, make_token
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:api_quarantinedevent_changelist")
LONG_AGO = (timezone.now() - timedelta(days=4000)).isoformat()


@pytest.fixture
def buyer():
    member = MemberFactory(email="ada@example.com")
    confirm_address(member)
    return member


def old_purchase(number=1):
    item = purchase(external_id=f"order-{number}", occurred_at=LONG_AGO, buyer={"email": "ada@example.com"})
    ingestion.ingest(parsers.parse_purchases([item], source="crm"))
    return QuarantinedEvent.objects.get(source_event_id=f"purchase:order-{number}")


def unknown_event(name="webinar.slept_through"):
    item = {
        "id": "w-1",
        "name": name,
        "occurred_at": timezone.now().isoformat(),
        "member": {"email": "ada@example.com"},
    }
    ingestion.ingest(parsers.parse_events([item], source="crm", commercial=False))
    return QuarantinedEvent.objects.get(source_event_id="event:w-1")


def test_an_old_purchase_is_released_with_its_original_time(buyer, manager):
    row = old_purchase()

    answers = [quarantine.release(row, actor=manager) for _ in range(2)]

    row.refresh_from_db()
    event = Event.objects.get(name="purchase.completed")
    assert answers == ["", ""]
    assert (event.member, event.occurred_at.isoformat()) == (buyer, row.item["occurred_at"])
    assert row.resolved_at is not None
    entry = AuditEntry.objects.get(act="set_aside.let_in")
    assert (entry.actor, entry.after) == (manager, {"event": "purchase.completed"})
    assert "more than ten years ago" in entry.reason


def test_a_released_fact_without_a_member_waits(manager):
    assert quarantine.release(old_purchase(), actor=manager) == ""

    assert WaitingEvent.objects.get().email == "ada@example.com"


def test_a_fact_ingested_in_the_meantime_counts_once(buyer, manager):
    row = old_purchase()
    quarantine.release(row, actor=manager)
    QuarantinedEvent.objects.filter(pk=row.pk).update(resolved_at=None)

    assert quarantine.release(row, actor=manager) == ""

    assert Event.objects.filter(name="purchase.completed").count() == 1


def test_an_old_fact_is_not_released_over_one_that_was_recorded(buyer, manager):
    row = old_purchase()
    right = purchase(external_id="order-1", buyer={"email": "ada@example.com"})
    ingestion.ingest(parsers.parse_purchases([right], source="crm"))
    QuarantinedEvent.objects.filter(pk=row.pk).update(resolved_at=None)

    assert quarantine.release(row, actor=manager) == ingestion.CONFLICT
    assert Event.objects.filter(name="purchase.completed").count() == 1


def test_a_fact_that_was_sent_again_correctly_resolves_its_quarantine(buyer, manager):
    row = old_purchase()

    right = purchase(external_id="order-1", buyer={"email": "ada@example.com"})
    ingestion.ingest(parsers.parse_purchases([right], source="crm"))

    row.refresh_from_db()
    assert row.resolved_at is not None


def test_a_released_conflict_corrects_what_was_recorded(buyer, manager):
    for amount in ("1.00", "2.00"):
        item = purchase(amount=amount, external_id="order-1", buyer={"email": "ada@example.com"})
        ingestion.ingest(parsers.parse_purchases([item], source="crm"))

    answers = [quarantine.release(QuarantinedEvent.objects.get(), actor=manager) for _ in range(2)]

    events = Event.objects.filter(name="purchase.completed").order_by("value_cents")
    assert answers == ["", ""]
    assert [(event.value_cents, event.retracted_at is None) for event in events] == [
        (100, False),
        (200, True),
    ]


def test_an_unknown_event_is_not_released(manager):
    row = unknown_event()

    sentence = quarantine.release(row, actor=manager)

    row.refresh_from_db()
    assert sentence == "webinar.slept_through is not an event that external systems can send."
    assert row.resolved_at is None
    assert not AuditEntry.objects.exists()


def test_an_event_added_to_the_catalogue_is_released(buyer, manager):
    row = unknown_event()
    QuarantinedEvent.objects.filter(pk=row.pk).update(item={**row.item, "name": "webinar.attended"})

    assert quarantine.release(row, actor=manager) == ""

    assert Event.objects.filter(name="webinar.attended", member=buyer).exists()


def test_an_event_with_an_invalid_payload_is_not_released(manager):
    row = unknown_event()
    wrong = {**row.item, "name": "webinar.attended", "payload": {"colour": "red"}}
    QuarantinedEvent.objects.filter(pk=row.pk).update(item=wrong)

    assert "colour" in quarantine.release(row, actor=manager)


def test_a_source_without_the_purchases_scope_stays_refused(manager):
    make_token("events:write")
    row = unknown_event()
    (name,) = {str(name) for name in inbound_events.COMMERCIAL if name == "payment.failed"}
    QuarantinedEvent.objects.filter(pk=row.pk).update(item={**row.item, "name": name})

    sentence = quarantine.release(row, actor=manager)

    assert sentence == "payment.failed requires a token with the purchases:write scope."


def sent(client, *rows):
    data = {"action": "try_again", "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, data, follow=True).content.decode()


def test_the_admin_releases_what_it_can_and_explains_the_rest(client, buyer, manager):
    client.force_login(manager)
    rows = [old_purchase(1), old_purchase(2), unknown_event()]

    first, second = sent(client, *rows), sent(client, *rows[:2])

    assert "Released 2 events from quarantine." in first
    assert "Not released: webinar.slept_through is not an event" in first
    assert "These have already been resolved." in second
    assert Event.objects.filter(name="purchase.completed").count() == 2


def test_moderators_cannot_release_facts(client):
    client.force_login(MemberFactory(role="moderator"))
    row = old_purchase()

    response = client.post(LIST, {"action": "try_again", "_selected_action": [row.pk]})

    assert response.status_code == 403
    assert not Event.objects.filter(name="purchase.completed").exists()
