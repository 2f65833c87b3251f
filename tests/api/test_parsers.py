"""Parsing items into facts; needs no database."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from community.api.inbound_events import COMMERCIAL, INBOUND
from community.api.services import parsers
from community.api.services.inbound_facts import Identity, InboundFact, Malformed
from community.events.catalogue import EVENT_TYPES
from tests.api.conftest import event, purchase


def read_purchase(**fields):
    (found,) = parsers.parse_purchases([purchase(**fields)], source="crm")
    return found


def read_event(*, commercial=False, **fields):
    (found,) = parsers.parse_events([event(**fields)], source="crm", commercial=commercial)
    return found


def test_a_purchase_becomes_a_fact():
    found = read_purchase(
        products=[" Machine "],
        buyer={"external_id": "c-7", "email": " Ann@Example.com "},
        account={"external_id": "a-1", "domain": "Example.com"},
        test=True,
    )

    assert found == InboundFact(
        source="crm",
        source_event_id="purchase:order-1",
        name="purchase.completed",
        occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        who=Identity(
            external_id="c-7", email="ann@example.com", company_external_id="a-1", domain="example.com"
        ),
        payload={"external_id": "order-1", "products": ["Machine"], "test": True},
        channel="billing",
        actor_role="api",
        value_cents=12900,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0", 0),
        (0, 0),
        ("0.01", 1),
        (19.99, 1999),
        (0.1, 10),
        ("1e2", 10000),
        (1234567.89, 123456789),
        ("129.0", 12900),
    ],
)
def test_amounts_are_exact(amount, cents):
    assert read_purchase(amount=amount).value_cents == cents


def test_an_event_becomes_a_fact():
    found = read_event(
        props={"minutes": 12},
        channel="phone",
        actor_role="sales",
        value={"amount": "5.50", "currency": "usd"},
    )

    assert (found.source_event_id, found.name, found.channel) == ("event:call-1", "call.logged", "phone")
    assert (found.actor_role, found.value_cents, found.currency) == ("sales", 550, "USD")
    assert found.payload == {"minutes": 12}


@pytest.mark.parametrize(
    "fields", [{"channel": "import"}, {"channel": "pigeon"}, {"actor_role": "root"}, {"id": ""}]
)
def test_events_keep_their_source(fields):
    assert isinstance(read_event(**fields), Malformed)


def test_times_are_equal_across_time_zones():
    here, there = read_purchase(), read_purchase(occurred_at="2026-03-01T07:00:00-05:00")

    assert here.digest == there.digest


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1"},
        {"currency": "USD"},
        {"test": True},
        {"products": ["x"]},
        {"occurred_at": "2026-03-02T12:00:00Z"},
    ],
)
def test_digest_depends_on_the_content(change):
    changed = read_purchase(**change)

    assert changed.digest != read_purchase().digest
    assert changed.event_id == read_purchase().event_id


def test_digest_ignores_whom_a_fact_is_about():
    assert read_purchase(buyer={"email": "new@address.example"}).digest == read_purchase().digest


def test_events_over_ten_years_old_are_doubted():
    now = datetime.now(UTC)

    assert read_event(occurred_at=(now - timedelta(days=3650)).isoformat()).doubt == ""
    assert read_event(occurred_at=(now - timedelta(days=3660)).isoformat()).doubt.startswith(
        "The date is more than"
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"buyer": None}, "buyer: This must be an object, in braces"),
        ({"buyer": {"external_id": 5}}, "buyer.external_id: This must be text, in quotes (got 5)"),
        ({"buyer": {"external_id": "\u200b"}}, "buyer.external_id: This has no visible characters"),
        ({"buyer": {"email": "\u200b@a.example"}}, "buyer.email: This contains invisible characters; remove"),
        ({"external_id": "\u2800"}, "external_id: This has no visible characters"),
        ({"external_id": "x" * 201}, "external_id: This is longer than 200 characters"),
        ({"products": "Duo"}, 'products: This must be a list, in brackets (got "Duo")'),
        ({"products": ["Duo"] * 1001}, "products: This list has more than 1000 entries"),
        ({"test": "maybe"}, 'test: This must be true or false (got "maybe")'),
    ],
)
def test_reasons_are_sentences_for_people(fields, reason):
    assert read_purchase(**fields).reason.startswith(reason)


def test_a_reason_names_the_values_allowed():
    assert read_event(actor_role="root").reason == (
        "actor_role: This must be one of 'member', 'staff', 'sales', 'partner', 'system' or 'api' (got \"root\")"
    )


def test_a_reason_names_at_most_three_problems():
    (found,) = parsers.parse_purchases([{"external_id": "order-1"}], source="crm")

    assert found == Malformed(
        "order-1", "occurred_at: This is missing; amount: This is missing; currency: This is missing"
    )


def test_a_rejected_item_keeps_its_id_if_possible():
    ids = [
        found.source_event_id
        for found in parsers.parse_purchases([{"external_id": 7}, {"external_id": []}, 5], source="crm")
    ]

    assert ids == ["7", "", ""]


@pytest.mark.parametrize("name", sorted(INBOUND))
def test_every_inbound_event_is_in_the_catalogue(name):
    assert name in EVENT_TYPES


@pytest.mark.parametrize("name", sorted(COMMERCIAL))
def test_commercial_names_are_refused_without_the_scope(name):
    found = read_event(name=name, props={})

    assert found == Malformed("call-1", f"{name} requires a token with the purchases:write scope.")


OUT_OF_RANGE = [-1_000_000_000_000, 1_000_000_000_000, True, "5", 5.5, float("nan"), float("inf"), -0.0]


@pytest.mark.parametrize("name", sorted(INBOUND))
def test_every_number_from_outside_has_a_range(name):
    model = EVENT_TYPES[name].payload
    numbers = {
        key: shape
        for key, field in model.model_json_schema()["properties"].items()
        for shape in field.get("anyOf", [field])
        if shape.get("type") in ("integer", "number")
    }

    assert all({"minimum", "maximum"} <= shape.keys() for shape in numbers.values())
    for key in numbers:
        for wrong in OUT_OF_RANGE:
            with pytest.raises(ValidationError) as caught:
                model.model_validate({key: wrong})
            assert key in {problem["loc"][0] for problem in caught.value.errors()}


@pytest.mark.parametrize(
    ("name", "props", "reason"),
    [
        ("nps.answered", {"score": 42}, "score: 42 is too large. Send a number of at most 10."),
        ("nps.answered", {"score": -3}, "score: -3 is too small. Send a number of at least 0."),
        ("nps.answered", {}, "score: This is missing."),
        (
            "support.ticket_closed",
            {"external_id": "t-1", "csat": 900},
            "csat: 900 is too large. Send a number of at most 100.",
        ),
        (
            "support.ticket_closed",
            {"external_id": "t-1", "hours": -5},
            "hours: -5 is too small. Send a number of at least 0.",
        ),
    ],
)
def test_numbers_out_of_range_are_rejected(name, props, reason):
    assert read_event(name=name, props=props) == Malformed("call-1", f"{name}: {reason}")


@pytest.mark.parametrize("amount", [-1, "-0.01", True, "NaN", "1e400"])
def test_values_out_of_range_are_rejected(amount):
    assert isinstance(read_event(value={"amount": amount, "currency": "EUR"}), Malformed)
