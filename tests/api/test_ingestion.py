"""Facts are ingested exactly once, even concurrently."""

import threading
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, connections, transaction

from community.api.models import EventKey, QuarantinedEvent, WaitingEvent
from community.api.services import ingestion, parsers
from community.api.services.inbound_facts import inbound_fact_from
from community.api.services.purchase_files import imports
from community.events.models import Event
from journeys.models import Dirty
from tests.api.conftest import SOMEONE, event, purchase
from tests.factories.api import confirm_address
from tests.factories.members import MemberFactory


def purchases(*items):
    return parsers.parse_purchases(items, source="crm")


@pytest.mark.django_db(transaction=True)
def test_concurrent_duplicates_are_ingested_once():
    buyer = MemberFactory()
    confirm_address(buyer)
    items = [purchase(number, buyer={"email": buyer.email}) for number in range(40)]
    answers, together = [], threading.Barrier(4)

    def send(order):
        together.wait()
        try:
            answers.extend(ingestion.ingest(purchases(*order)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(items[::step],)) for step in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == ["accepted"] * 40 + ["duplicate"] * 120
    assert EventKey.objects.count() == Event.objects.filter(name="purchase.completed").count() == 40


@pytest.mark.django_db(transaction=True)
def test_concurrent_conflicts_keep_one_content():
    confirm_address(MemberFactory(email=SOMEONE["email"]))
    answers, together = [], threading.Barrier(2)

    def send(amount):
        together.wait()
        try:
            answers.extend(ingestion.ingest(purchases(purchase(amount=amount))))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(amount,)) for amount in ("1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == ["accepted", "conflict"]
    assert {
        Event.objects.get(name="purchase.completed").value_cents,
        QuarantinedEvent.objects.get().item["value_cents"],
    } == {
        100,
        200,
    }


@pytest.mark.django_db(transaction=True)
def test_a_failed_call_writes_nothing_and_can_be_retried():
    with pytest.raises(RuntimeError), transaction.atomic():
        ingestion.ingest(purchases(purchase()))
        raise RuntimeError

    assert not EventKey.objects.exists()
    assert [answer.status for answer in ingestion.ingest(purchases(purchase()))] == ["accepted"]


@pytest.mark.django_db
def test_dry_run_returns_the_same_results_and_writes_nothing():
    ingestion.ingest(purchases(purchase(1)))
    items = [purchase(1), purchase(1, amount="7"), purchase(2), purchase(2), purchase(3, amount="-1")]

    foreseen = ingestion.ingest(purchases(*items), dry_run=True)

    assert [answer.status for answer in foreseen] == [
        "duplicate",
        "conflict",
        "accepted",
        "duplicate",
        "rejected",
    ]
    assert EventKey.objects.count() == WaitingEvent.objects.count() == 1
    assert not QuarantinedEvent.objects.exists()
    assert ingestion.ingest(purchases(*items)) == foreseen


@pytest.mark.django_db
def test_keys_are_distributed_over_partitions():
    ingestion.ingest(purchases(*(purchase(number) for number in range(200))))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tableoid) FROM event_key")
        assert cursor.fetchone() == (16,)


@pytest.mark.django_db
def test_the_date_is_not_part_of_the_identity():
    confirm_address(MemberFactory(email=SOMEONE["email"]))
    ingestion.ingest(purchases(purchase()))

    (answer,) = ingestion.ingest(purchases(purchase(occurred_at="2026-02-01T12:00:00Z")))

    assert answer.status == "conflict"


@pytest.mark.django_db
def test_an_old_event_is_marked_as_backfill():
    member = MemberFactory()
    confirm_address(member)
    long_ago = (datetime.now(UTC) - timedelta(days=400)).isoformat()

    ingestion.ingest(
        parsers.parse_events(
            [event(occurred_at=long_ago, member={"email": member.email})], source="crm", commercial=False
        )
    )

    assert Event.objects.get(name="call.logged").backfill


@pytest.mark.django_db
def test_a_member_who_acts_is_the_actor():
    member = MemberFactory()
    confirm_address(member)
    items = [
        event(
            name="webinar.attended",
            actor_role="member",
            member={"email": member.email},
            props={"title": "Milk"},
        )
    ]

    ingestion.ingest(parsers.parse_events(items, source="crm", commercial=False))

    found = Event.objects.get(name="webinar.attended")
    assert (found.member, found.actor, found.actor_role) == (member, member, "member")


def test_a_fact_survives_serialization():
    (fact,) = purchases(purchase(buyer={"email": "a@example.com"}, account={"domain": "example.com"}))

    again = inbound_fact_from(fact.as_json())

    assert again == fact
    assert again.digest == fact.digest


@pytest.mark.django_db(transaction=True)
def test_files_with_the_same_orders_may_be_imported_at_once(tmp_path):
    rows = [f"{number},2026-03-01,10,EUR,a@example.com" for number in range(1100)]
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path, ordered in zip(paths, (rows, rows[::-1]), strict=True):
        path.write_text("\n".join(["id,date,amount,currency,email", *ordered]))
    counts, together = [], threading.Barrier(2)

    def send(path):
        together.wait()
        try:
            counts.append(imports.import_purchases(path, options=imports.Options(), dry_run=False).counts)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted((one["accepted"], one["duplicate"]) for one in counts) == [(0, 1100), (1100, 0)]


@pytest.mark.django_db
def test_amounts_with_three_decimals_keep_their_value():
    """Run the migration on amounts as they were stored before it."""
    member = MemberFactory()
    confirm_address(member)
    known, unknown = {"email": member.email}, {"email": "new@example.com"}
    ingestion.ingest(
        purchases(
            *(
                purchase(f"{currency}-{number}", amount="4.99", currency=currency, buyer=buyer)
                for currency in ("KWD", "EUR")
                for number, buyer in enumerate((known, unknown))
            )
        )
    )
    migration = import_module("community.api.migrations.0008_three_decimals")

    with connection.cursor() as cursor:
        cursor.execute(migration.FORWARD)

    events = Event.objects.filter(name="purchase.completed").values_list("currency", "value_cents")
    waiting = [(row.event["currency"], row.event["value_cents"]) for row in WaitingEvent.objects.all()]
    assert sorted(events) == sorted(waiting) == [("EUR", 499), ("KWD", 49900)]
    assert Dirty.objects.filter(member_id=member.pk, day="2026-03-01").exists()
