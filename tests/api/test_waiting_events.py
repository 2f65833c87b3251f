"""Facts that wait for somebody: whose turn it is, what a person may decide by hand, and never twice."""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from community.api.models import ExternalId, WaitingEvent
from community.api.services import ingestion, parsers, waiting_events
from community.events.models import Event
from community.moderation.models import AuditEntry
from tests.api.conftest import purchase
from tests.factories.api import confirm_address
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db


def waits(number=1, *, source="crm", **fields) -> WaitingEvent:
    ingestion.ingest(parsers.parse_purchases([purchase(number, **fields)], source=source))
    return WaitingEvent.objects.latest("pk")


def purchases():
    return Event.objects.filter(name="purchase.completed")


def test_waiting_for_nobody_asks_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert waiting_events.pks_for([1]) == []


@pytest.mark.parametrize(
    ("email", "found"), [("ada@example.com", True), ("ADA@Example.com", True), ("bob@example.com", False)]
)
def test_waiting_for_a_member_goes_by_their_address_in_any_case(email, found):
    row = waits(buyer={"email": "ada@example.com"})
    member = MemberFactory(email=email)
    confirm_address(member)

    assert waiting_events.pks_for([member.pk]) == ([row.pk] if found else [])


def test_waiting_for_a_member_minds_confirmed_addresses_only():
    waits(buyer={"email": "ada@example.com"})
    member = MemberFactory()
    EmailAddress.objects.create(user=member, email="ada@example.com", verified=False)

    assert waiting_events.pks_for([member.pk]) == []


def test_waiting_for_a_member_goes_by_a_second_address_too():
    row = waits(buyer={"email": "ada@work.example"})
    member = MemberFactory()
    confirm_address(member)
    EmailAddress.objects.create(user=member, email="ada@work.example", verified=True)

    assert waiting_events.pks_for([member.pk]) == [row.pk]


@pytest.mark.parametrize(
    "account", [{"domain": "acme.example"}, {"external_id": "acc-7"}], ids=["by domain", "by id"]
)
def test_waiting_for_a_member_brings_what_waits_for_their_company(account):
    row = waits(account=account)
    company = CompanyFactory(verified_domains=["acme.example"], external_id="acc-7")
    waits(2, account={"domain": "other.example"})

    assert waiting_events.pks_for([MemberFactory(company=company).pk]) == [row.pk]


def test_waiting_for_a_company_without_an_id_is_not_everything_without_one():
    waits(buyer={"external_id": "c-1"})

    assert waiting_events.pks_for([MemberFactory(company=CompanyFactory()).pk]) == []


def test_waiting_for_leaves_out_what_was_decided(manager):
    row = waits(buyer={"email": "ada@example.com"})
    waiting_events.dismiss(row, actor=manager)
    member = MemberFactory()
    EmailAddress.objects.create(user=member, email="ada@example.com", verified=True)

    assert waiting_events.pks_for([member.pk]) == []


def test_apply_waiting_records_it_as_of_its_own_time():
    row = waits(buyer={"email": "ada@example.com"}, occurred_at="2026-01-02T03:04:05Z")
    member = MemberFactory(email="ada@example.com")
    confirm_address(member)

    assert waiting_events.apply([row.pk]) == 1

    event = purchases().get()
    assert (event.member, event.occurred_at.isoformat()) == (member, "2026-01-02T03:04:05+00:00")
    assert (event.value_cents, event.currency, event.source) == (12900, "EUR", "crm")


@pytest.mark.parametrize("keys", [[], [404]])
def test_apply_waiting_of_nothing_does_nothing(keys):
    assert waiting_events.apply(keys) == 0


def test_apply_waiting_leaves_waiting_what_is_still_nobodys():
    known, unknown = waits(buyer={"email": "ada@example.com"}), waits(2, buyer={"email": "bob@example.com"})
    confirm_address(MemberFactory(email="ada@example.com"))

    waiting_events.apply([known.pk, unknown.pk])

    assert list(WaitingEvent.objects.waiting()) == [unknown]


def test_apply_waiting_twice_records_once():
    row = waits(buyer={"email": "ada@example.com"})
    confirm_address(MemberFactory(email="ada@example.com"))

    assert [waiting_events.apply([row.pk]) for _ in range(2)] == [1, 0]
    assert purchases().count() == 1


def test_match_waiting_goes_on_in_small_parts(monkeypatch):
    monkeypatch.setattr(waiting_events, "BATCH_SIZE", 2)
    for number in range(5):
        waits(number, buyer={"email": f"m{number}@example.com"})
    for number in (0, 3, 4):
        confirm_address(MemberFactory(email=f"m{number}@example.com"))

    assert waiting_events.apply_all() == 3
    assert WaitingEvent.objects.waiting().count() == 2


def test_match_waiting_of_nothing_is_nothing():
    assert waiting_events.apply_all() == 0


def test_assign_teaches_the_id_so_that_the_next_one_finds_its_way(manager):
    member = MemberFactory()
    waiting_events.assign(waits(buyer={"external_id": "c-7"}), member, actor=manager)

    (answer,) = ingestion.ingest(
        parsers.parse_purchases([purchase(2, buyer={"external_id": "c-7"})], source="crm")
    )

    assert answer.matched
    assert set(purchases().values_list("member", flat=True)) == {member.pk}


def test_assign_never_takes_an_id_from_who_has_it(manager):
    row = waits(buyer={"external_id": "c-7"})
    owner = MemberFactory()
    ExternalId.objects.create(source="crm", external_id="c-7", member=owner)

    waiting_events.assign(row, MemberFactory(), actor=manager)

    assert ExternalId.objects.get().member == owner


def test_assign_without_an_id_teaches_nothing(manager):
    waiting_events.assign(waits(buyer={"email": "ada@example.com"}), MemberFactory(), actor=manager)

    assert not ExternalId.objects.exists()


def test_assign_brings_the_members_company(manager):
    company = CompanyFactory()

    row = waiting_events.assign(waits(), MemberFactory(company=company), actor=manager)

    assert (row.company, purchases().get().company) == (company, company)


def test_assign_to_another_after_it_was_applied_changes_nothing(manager):
    first, second = MemberFactory.create_batch(2)
    row = waiting_events.assign(waits(), first, actor=manager)

    again = waiting_events.assign(row, second, actor=manager)

    assert again.member == first
    assert AuditEntry.objects.filter(act="waiting_event.assign").count() == 1


def test_assign_takes_up_what_was_dismissed(manager):
    row = waiting_events.dismiss(waits(), actor=manager)

    assigned = waiting_events.assign(row, MemberFactory(), actor=manager)

    assert assigned.dismissed_at is None
    assert purchases().exists()


def test_dismiss_twice_is_told_once(manager):
    row = waits()

    for _ in range(2):
        waiting_events.dismiss(row, actor=manager)

    assert AuditEntry.objects.filter(act="waiting_event.dismiss").count() == 1
    assert not purchases().exists()


def test_dismiss_of_what_was_applied_changes_nothing(manager):
    row = waiting_events.assign(waits(), MemberFactory(), actor=manager)

    assert waiting_events.dismiss(row, actor=manager).dismissed_at is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"buyer": {"email": "ada@example.com"}}, "purchase.completed of ada@example.com"),
        ({"buyer": {"external_id": "c-7"}}, "purchase.completed of c-7"),
        ({"account": {"domain": "acme.example"}}, "purchase.completed of acme.example"),
        ({}, "purchase.completed of an unknown person"),
    ],
)
def test_what_waits_says_whose_it_may_be(fields, says):
    assert str(waits(**fields)) == says


def test_what_waits_keeps_all_that_was_said():
    row = waits(buyer={"external_id": "c-7", "email": "Ada@Example.com"}, account={"domain": "Acme.Example"})

    assert (row.external_id, row.email, row.domain, row.source) == (
        "c-7",
        "ada@example.com",
        "acme.example",
        "crm",
    )
    assert row.received_at <= timezone.now()
