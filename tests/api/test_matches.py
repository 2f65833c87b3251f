"""Matching purchases to members, and waiting for those not known yet."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from community.api.models import ExternalId, WaitingEvent
from community.api.services import ingestion, parsers, waiting_events
from community.api.tasks import match_new
from community.api.tasks import match_waiting as match_waiting_task
from community.events.models import Event
from community.members.services.accounts import register
from community.members.services.companies import verify_domain
from tests.api.conftest import purchase
from tests.factories.api import confirm_address
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db


def buy(number=1, *, source="crm", **fields):
    (answer,) = ingestion.ingest(parsers.parse_purchases([purchase(number, **fields)], source=source))
    return answer


def bought() -> Event:
    return Event.objects.get(name="purchase.completed")


def known(member, external_id="c-7", source="crm"):
    return ExternalId.objects.create(source=source, external_id=external_id, member=member)


def test_external_id_takes_precedence_over_the_email():
    by_id, by_address = MemberFactory(), MemberFactory()
    known(by_id)
    confirm_address(by_address)

    buy(buyer={"external_id": "c-7", "email": by_address.email})

    assert bought().member == by_id


def test_external_ids_are_scoped_to_their_source():
    known(MemberFactory(), source="shop")

    assert not buy(buyer={"external_id": "c-7"}).matched


def test_an_address_must_be_confirmed():
    member = MemberFactory()
    address = confirm_address(member)
    address.verified = False
    address.save()

    assert not buy(buyer={"email": member.email}).matched


def test_an_address_of_a_deactivated_member_matches_nobody():
    member = MemberFactory(is_active=False)
    confirm_address(member)

    assert not buy(buyer={"email": member.email}).matched


def test_matching_by_address_saves_the_external_id():
    member = MemberFactory()
    confirm_address(member)
    buy(1, buyer={"external_id": "c-7", "email": member.email})

    buy(2, buyer={"external_id": "c-7"})

    assert Event.objects.filter(name="purchase.completed", member=member).count() == 2


def test_a_known_external_id_is_never_changed():
    first, second = MemberFactory(), MemberFactory()
    known(first)
    confirm_address(second)

    buy(buyer={"external_id": "c-7", "email": second.email})

    assert ExternalId.objects.get().member == first


def test_a_domain_matches_the_company_but_no_person():
    company = CompanyFactory(verified_domains=["acme.example"])
    MemberFactory(company=company)

    answer = buy(account={"domain": "acme.example"})

    assert answer.matched
    assert (bought().member, bought().company) == (None, company)


def test_a_purchase_by_someone_at_a_known_company_waits_for_them():
    company = CompanyFactory(verified_domains=["acme.example"])
    assert not buy(buyer={"email": "boss@acme.example"}).matched
    boss = MemberFactory(company=company)
    confirm_address(boss, "boss@acme.example")

    match_new()

    assert (bought().member, bought().company) == (boss, company)


def test_a_purchase_recorded_for_a_company_moves_to_the_buyer():
    company = CompanyFactory(verified_domains=["acme.example"])
    buy(account={"domain": "acme.example"})
    boss = MemberFactory(company=company)
    confirm_address(boss, "boss@acme.example")

    answer = buy(account={"domain": "acme.example"}, buyer={"email": "boss@acme.example"})

    assert answer.status == "updated"
    assert Event.objects.not_retracted().get(name="purchase.completed").member == boss


@pytest.mark.parametrize("account", [{"domain": "acme.example"}, {"external_id": "a-1"}])
def test_a_company_is_matched_by_domain_or_id(account):
    company = CompanyFactory(verified_domains=["acme.example"], external_id="a-1")

    buy(account=account)

    assert bought().company == company


def test_empty_company_ids_do_not_match():
    CompanyFactory(external_id="")

    assert not buy().matched


def test_a_matched_member_brings_their_company():
    company = CompanyFactory()
    member = MemberFactory(company=company)
    confirm_address(member)

    buy(buyer={"email": member.email})

    assert (bought().member, bought().company) == (member, company)


def test_waiting_events_apply_when_the_person_registers():
    buy(buyer={"email": "new@example.com"})
    member = MemberFactory.build(email="new@example.com", username="newbie", guidelines=None)
    register(member, guidelines=None)
    confirm_address(member)

    call_command("follow")

    assert bought().member == member
    assert bought().occurred_at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert WaitingEvent.objects.get().member == member
    assert not WaitingEvent.objects.waiting().exists()


def test_waiting_events_apply_when_the_address_is_confirmed():
    buy(buyer={"email": "new@example.com"})
    member = MemberFactory(email="new@example.com")
    match_waiting_task()
    assert WaitingEvent.objects.waiting().exists()
    confirm_address(member)

    match_waiting_task()

    assert bought().member == member


def test_waiting_events_apply_when_the_company_is_known():
    buy(account={"domain": "acme.example"})
    company = CompanyFactory()
    member = MemberFactory(email="ann@acme.example")
    confirm_address(member)

    verify_domain(company, "acme.example", actor=None)
    call_command("follow")

    assert (bought().member, bought().company) == (None, company)


def test_matching_again_is_idempotent():
    buy(buyer={"email": "new@example.com"})
    confirm_address(MemberFactory(email="new@example.com"))

    assert [waiting_events.apply_all(), waiting_events.apply_all()] == [1, 0]
    assert Event.objects.filter(name="purchase.completed").count() == 1


def test_matching_processes_all_batches():
    ingestion.ingest(
        parsers.parse_purchases(
            [purchase(n, buyer={"email": f"p{n}@example.com"}) for n in range(600)][:300], source="crm"
        )
    )
    ingestion.ingest(
        parsers.parse_purchases(
            [purchase(n, buyer={"email": f"p{n}@example.com"}) for n in range(300, 600)], source="crm"
        )
    )
    confirm_address(MemberFactory(email="p599@example.com"))

    assert waiting_events.apply_all() == 1


def test_a_waiting_purchase_sent_again_is_a_duplicate():
    buy(buyer={"email": "new@example.com"})

    assert buy(buyer={"email": "new@example.com"}).status == "duplicate"
    assert WaitingEvent.objects.count() == 1


def test_assign_applies_the_event_and_saves_the_id():
    buy(buyer={"external_id": "c-7"})
    member, manager = MemberFactory(), MemberFactory(role="manager")

    waiting_events.assign(WaitingEvent.objects.get(), member, actor=manager)

    assert bought().member == member
    assert buy(2, buyer={"external_id": "c-7"}).matched


def test_assign_twice_changes_nothing():
    buy(buyer={"external_id": "c-7"})
    member, manager = MemberFactory(), MemberFactory(role="manager")

    for person in (member, manager):
        waiting_events.assign(WaitingEvent.objects.get(), person, actor=manager)

    assert bought().member == member


def test_dismissed_purchases_are_not_matched_again():
    buy(buyer={"email": "new@example.com"})
    waiting_events.dismiss(WaitingEvent.objects.get(), actor=MemberFactory(role="manager"))
    confirm_address(MemberFactory(email="new@example.com"))

    assert waiting_events.apply_all() == 0
    assert WaitingEvent.objects.get().dismissed_at <= timezone.now()


def test_a_purchase_converts_and_a_test_or_a_gift_does_not(drained):
    paying, testing, given = (MemberFactory() for _ in range(3))
    for member in (paying, testing, given):
        confirm_address(member)
    now = timezone.now().isoformat()

    buy(1, occurred_at=now, buyer={"email": paying.email})
    buy(2, occurred_at=now, buyer={"email": testing.email}, test=True)
    buy(3, occurred_at=now, buyer={"email": given.email}, amount="0")
    drained()

    stages = {member: member.journey.stage for member in (paying, testing, given)}
    assert stages == {paying: "conversion", testing: "discovery", given: "discovery"}
