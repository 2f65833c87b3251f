"""Waiting events: matching them later, and assigning or dismissing them by hand."""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from community.api import tasks
from community.api.models import EventKey, ExternalId, IdentityChange, QuarantinedEvent, WaitingEvent
from community.api.services import ingestion, parsers, waiting_events
from community.events.models import Event
from community.members.models import Company, Member
from community.members.services.companies import verify_domain
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


def test_pks_for_costs_one_query_if_nothing_waits(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert waiting_events.pks_for([1]) == []


@pytest.mark.parametrize(
    ("email", "found"), [("ada@example.com", True), ("ADA@Example.com", True), ("bob@example.com", False)]
)
def test_pks_for_matches_addresses_ignoring_case(email, found):
    row = waits(buyer={"email": "ada@example.com"})
    member = MemberFactory(email=email)
    confirm_address(member)

    assert waiting_events.pks_for([member.pk]) == ([row.pk] if found else [])


def test_pks_for_matches_confirmed_addresses_only():
    waits(buyer={"email": "ada@example.com"})
    member = MemberFactory()
    EmailAddress.objects.create(user=member, email="ada@example.com", verified=False)

    assert waiting_events.pks_for([member.pk]) == []


def test_pks_for_matches_secondary_addresses():
    row = waits(buyer={"email": "ada@work.example"})
    member = MemberFactory()
    confirm_address(member)
    EmailAddress.objects.create(user=member, email="ada@work.example", verified=True)

    assert waiting_events.pks_for([member.pk]) == [row.pk]


@pytest.mark.parametrize(
    "account", [{"domain": "acme.example"}, {"external_id": "acc-7"}], ids=["by domain", "by id"]
)
def test_pks_for_includes_the_members_company(account):
    row = waits(account=account)
    company = CompanyFactory(verified_domains=["acme.example"], external_id="acc-7")
    waits(2, account={"domain": "other.example"})

    assert waiting_events.pks_for([MemberFactory(company=company).pk]) == [row.pk]


def test_pks_for_does_not_match_empty_company_ids():
    waits(buyer={"external_id": "c-1"})

    assert waiting_events.pks_for([MemberFactory(company=CompanyFactory()).pk]) == []


def test_pks_for_excludes_decided_events(manager):
    row = waits(buyer={"email": "ada@example.com"})
    waiting_events.dismiss(row, actor=manager)
    member = MemberFactory()
    EmailAddress.objects.create(user=member, email="ada@example.com", verified=True)

    assert waiting_events.pks_for([member.pk]) == []


def test_apply_records_the_original_time():
    row = waits(buyer={"email": "ada@example.com"}, occurred_at="2026-01-02T03:04:05Z")
    member = MemberFactory(email="ada@example.com")
    confirm_address(member)

    assert waiting_events.apply([row.pk]) == 1

    event = purchases().get()
    assert (event.member, event.occurred_at.isoformat()) == (member, "2026-01-02T03:04:05+00:00")
    assert (event.value_cents, event.currency, event.source) == (12900, "EUR", "crm")


@pytest.mark.parametrize("keys", [[], [404]])
def test_apply_of_nothing_does_nothing(keys):
    assert waiting_events.apply(keys) == 0


def test_apply_keeps_unmatched_events_waiting():
    known, unknown = waits(buyer={"email": "ada@example.com"}), waits(2, buyer={"email": "bob@example.com"})
    confirm_address(MemberFactory(email="ada@example.com"))

    waiting_events.apply([known.pk, unknown.pk])

    assert list(WaitingEvent.objects.waiting()) == [unknown]


def test_apply_is_idempotent():
    row = waits(buyer={"email": "ada@example.com"})
    confirm_address(MemberFactory(email="ada@example.com"))

    assert [waiting_events.apply([row.pk]) for _ in range(2)] == [1, 0]
    assert purchases().count() == 1


def test_apply_all_works_in_batches(monkeypatch):
    monkeypatch.setattr(waiting_events, "BATCH_SIZE", 2)
    for number in range(5):
        waits(number, buyer={"email": f"m{number}@example.com"})
    for number in (0, 3, 4):
        confirm_address(MemberFactory(email=f"m{number}@example.com"))

    assert waiting_events.apply_all() == 3
    assert WaitingEvent.objects.waiting().count() == 2


def test_apply_all_of_nothing_returns_zero():
    assert waiting_events.apply_all() == 0


def test_assign_saves_the_external_id_for_later_events(manager):
    member = MemberFactory()
    waiting_events.assign(waits(buyer={"external_id": "c-7"}), member, actor=manager)

    (answer,) = ingestion.ingest(
        parsers.parse_purchases([purchase(2, buyer={"external_id": "c-7"})], source="crm")
    )

    assert answer.matched
    assert set(purchases().values_list("member", flat=True)) == {member.pk}


def test_assign_never_reassigns_an_external_id(manager):
    row = waits(buyer={"external_id": "c-7"})
    owner = MemberFactory()
    ExternalId.objects.create(source="crm", external_id="c-7", member=owner)

    waiting_events.assign(row, MemberFactory(), actor=manager)

    assert ExternalId.objects.get().member == owner


def test_assign_without_an_external_id_saves_none(manager):
    waiting_events.assign(waits(buyer={"email": "ada@example.com"}), MemberFactory(), actor=manager)

    assert not ExternalId.objects.exists()


def test_assign_includes_the_members_company(manager):
    company = CompanyFactory()

    row = waiting_events.assign(waits(), MemberFactory(company=company), actor=manager)

    assert (row.company, purchases().get().company) == (company, company)


def test_assign_to_another_after_it_was_applied_changes_nothing(manager):
    first, second = MemberFactory.create_batch(2)
    row = waiting_events.assign(waits(), first, actor=manager)

    again = waiting_events.assign(row, second, actor=manager)

    assert again.member == first
    assert AuditEntry.objects.filter(act="waiting_event.assign").count() == 1


def test_assign_applies_dismissed_events(manager):
    row = waiting_events.dismiss(waits(), actor=manager)

    assigned = waiting_events.assign(row, MemberFactory(), actor=manager)

    assert assigned.dismissed_at is None
    assert purchases().exists()


def test_dismiss_is_idempotent(manager):
    row = waits()

    for _ in range(2):
        waiting_events.dismiss(row, actor=manager)

    assert AuditEntry.objects.filter(act="waiting_event.dismiss").count() == 1
    assert not purchases().exists()


def test_dismiss_of_an_applied_event_changes_nothing(manager):
    row = waiting_events.assign(waits(), MemberFactory(), actor=manager)

    assert waiting_events.dismiss(row, actor=manager).dismissed_at is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"buyer": {"email": "ada@example.com"}}, "purchase.completed of ada@example.com"),
        ({"buyer": {"external_id": "c-7"}}, "purchase.completed of c-7"),
        ({"account": {"domain": "acme.example"}}, "purchase.completed of acme.example"),
        ({"account": {"external_id": "a-1"}}, "purchase.completed of a-1"),
    ],
)
def test_str_names_who_the_event_may_be_about(fields, says):
    assert str(waits(**fields)) == says


def test_waiting_events_keep_the_whole_item():
    row = waits(buyer={"external_id": "c-7", "email": "Ada@Example.com"}, account={"domain": "Acme.Example"})

    assert (row.external_id, row.email, row.domain, row.source) == (
        "c-7",
        "ada@example.com",
        "acme.example",
        "crm",
    )
    assert row.received_at <= timezone.now()


def confirm(member):
    """Confirm a stored address, as the link in the email does."""
    EmailAddress.objects.create(user=member, email="Ada@example.com", verified=False)
    EmailAddress.objects.filter(user=member).update(verified=True)


def reactivate(member):
    confirm_address(member, "ada@example.com")
    Member.objects.filter(pk=member.pk).update(is_active=False)
    waiting_events.apply_to_new_identities()
    Member.objects.filter(pk=member.pk).update(is_active=True)


APPEARING = {
    "an address is added": lambda member: confirm_address(member, "ada@example.com"),
    "an address is confirmed": confirm,
    "an external id is added": lambda member: ExternalId.objects.create(
        source="crm", external_id="c-7", member=member
    ),
    "a member is reactivated": reactivate,
    "a company verifies a domain": lambda member: verify_domain(CompanyFactory(), "acme.example", actor=None),
    "a company is added": lambda member: CompanyFactory(external_id="a-1"),
    "a company gets its id": lambda member: Company.objects.filter(pk=CompanyFactory().pk).update(
        external_id="a-1"
    ),
}


@pytest.mark.parametrize("appears", APPEARING.values(), ids=APPEARING)
def test_events_apply_when_their_identity_appears(appears):
    waits(1, buyer={"email": "ada@example.com", "external_id": "c-7"})
    waits(2, account={"external_id": "a-1", "domain": "acme.example"})
    waits(3, buyer={"email": "bob@elsewhere.example"})

    appears(MemberFactory())
    tasks.match_new()

    assert purchases().count() == 1
    assert WaitingEvent.objects.waiting().count() == 2
    assert not IdentityChange.objects.exists()


def test_nothing_is_read_if_no_identity_changed(django_assert_num_queries):
    waits(buyer={"email": "ada@example.com"})

    with django_assert_num_queries(1):
        tasks.match_new()


def test_changes_to_other_columns_are_not_new_identities():
    member = MemberFactory()
    address = confirm_address(member)
    company = CompanyFactory(external_id="a-1")
    IdentityChange.objects.all().delete()

    address.primary = False
    for row in (member, address, company):
        row.save()

    assert not IdentityChange.objects.exists()


def test_an_event_that_the_catalogue_no_longer_allows_is_quarantined():
    row = waits(buyer={"email": "ada@example.com"})
    good = waits(2, buyer={"email": "ada@example.com"})
    WaitingEvent.objects.filter(pk=row.pk).update(
        event={**row.event, "payload": {"external_id": "1", "colour": "red"}}
    )
    confirm_address(MemberFactory(email="ada@example.com"))

    assert waiting_events.apply([row.pk, good.pk]) == 1

    assert "colour: There is no such property." in QuarantinedEvent.objects.get().reason
    assert ingestion.ingest(parsers.parse_purchases([purchase()], source="crm"))[0].status == "accepted"


def test_digests_of_earlier_versions_are_compared_by_content():
    waits(buyer={"email": "ada@example.com"})
    member = MemberFactory()
    confirm_address(member)
    ingestion.ingest(parsers.parse_purchases([purchase(2, buyer={"email": member.email})], source="crm"))
    EventKey.objects.update(digest="0" * 64)

    same = [purchase(1, buyer={"email": "ada@example.com"}), purchase(2, buyer={"email": member.email})]
    other = [{**item, "amount": "1.00"} for item in same]
    results = ingestion.ingest(parsers.parse_purchases([*same], source="crm"))
    changed = ingestion.ingest(parsers.parse_purchases([*other], source="crm"))

    assert [result.status for result in results] == ["duplicate", "duplicate"]
    assert [result.status for result in changed] == ["updated", "conflict"]
