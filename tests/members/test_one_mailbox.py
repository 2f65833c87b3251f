"""The two spellings of a mailbox, kaffeemühle.example and xn--kaffeemhle-geb.example, are one everywhere."""

from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth import get_user
from django.core import mail
from django.core.exceptions import ValidationError

from community.api.models import WaitingEvent
from community.api.services import matches
from community.api.services.inbound_facts import Identity
from community.members.models import Company, Invitation, Member
from community.members.services import companies, invitations
from tests.factories.api import make_token
from tests.factories.members import CompanyFactory, MemberFactory

from .test_accounts import PASSWORD, link_in, log_in, log_in_and_show_again, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("confirmation_is_needed")]

LETTERS, ASCII = "Ada@Kaffeemühle.example", "ada@xn--kaffeemhle-geb.example"
SPELLINGS = pytest.mark.parametrize("typed", [LETTERS, ASCII, "ADA@XN--KAFFEEMHLE-GEB.EXAMPLE"])
migration = import_module("community.members.migrations.0005_canonical_addresses")


def confirmed(email=ASCII, **fields):
    member = MemberFactory(email=email, password=PASSWORD, **fields)
    EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    return member


@SPELLINGS
def test_signing_up_stores_the_canonical_address(client, typed):
    sign_up(client, email=typed)

    assert Member.objects.get().email == ASCII
    assert EmailAddress.objects.get().email == ASCII
    assert mail.outbox[0].to == [ASCII]


@SPELLINGS
def test_signing_up_again_in_another_spelling_notifies_the_owner(client, typed):
    confirmed()

    sign_up(client, email=typed)

    (message,) = mail.outbox
    assert (message.subject, message.to) == ("You already have an account at Caravan", [ASCII])
    assert Member.objects.count() == 1


@SPELLINGS
def test_logging_in_accepts_any_spelling(client, typed):
    confirmed()

    assert log_in(client, typed)["Location"] == "/"


@SPELLINGS
def test_a_password_reset_goes_to_the_stored_address(client, typed):
    confirmed()

    client.post("/accounts/password/reset/", {"email": typed})

    (message,) = mail.outbox
    assert message.to == [ASCII]
    assert "/accounts/password/reset/key/" in link_in(message)


def test_a_reset_for_a_domain_with_other_letters_is_not_sent_to_the_domain_that_python_makes_of_it(client):
    confirmed("ada@xn--strae-oqa.example")

    client.post("/accounts/password/reset/", {"email": "ada@straße.example"})

    assert [message.to for message in mail.outbox] == [["ada@xn--strae-oqa.example"]]


def test_changing_the_address_stores_the_canonical_address(client):
    confirmed("ada@acme.example")
    log_in_and_show_again(client)
    client.post("/accounts/login/", {"login": "ada@acme.example", "password": PASSWORD})

    client.post("/accounts/email/", {"email": LETTERS, "action_add": ""})

    assert ASCII in EmailAddress.objects.values_list("email", flat=True)


@SPELLINGS
def test_an_invitation_finds_the_account_that_uses_the_mailbox(typed):
    confirmed(customer_since="2026-01-01")

    with pytest.raises(ValidationError, match="already uses this email address"):
        invitations.invite(MemberFactory(unclaimed=True), email=typed, actor=MemberFactory(role="manager"))


@SPELLINGS
def test_an_invitation_stores_the_canonical_address(typed):
    invitations.invite(MemberFactory(unclaimed=True), email=typed, actor=MemberFactory(role="manager"))

    assert Invitation.objects.get().email == ASCII


@pytest.mark.parametrize(
    "domain", ["kaffeemühle.example", "@XN--kaffeemhle-geb.example", "KAFFEEMÜHLE.example."]
)
def test_a_company_finds_its_people_in_any_spelling(domain):
    company = companies.verify_domain(CompanyFactory(), domain, actor=None)
    member = confirmed()

    companies.match_company(member, email=LETTERS)

    assert company.verified_domains == ["xn--kaffeemhle-geb.example"]
    assert member.company == company
    assert company.owns_domain_of(LETTERS)
    with pytest.raises(ValidationError, match="another company"):
        companies.verify_domain(CompanyFactory(), "Kaffeemühle.example", actor=None)


@pytest.mark.parametrize(
    "who",
    [
        Identity(email=LETTERS),
        Identity(email=ASCII),
        Identity(domain="Kaffeemühle.example"),
        Identity(domain="xn--kaffeemhle-geb.example"),
    ],
)
def test_facts_find_people_and_companies_in_any_spelling(who):
    company = CompanyFactory(verified_domains=["xn--kaffeemhle-geb.example"])
    member = confirmed(company=company)

    (match,) = matches.find([("crm", who)])

    assert match == matches.Match(member.pk if who.email else None, company.pk)


@pytest.mark.parametrize(
    ("person", "account"),
    [({"email": LETTERS}, {}), ({"email": ASCII}, {}), ({}, {"domain": "Kaffeemühle.example"})],
)
def test_the_api_stores_the_canonical_address(client, person, account):
    _token, secret = make_token()
    item = {
        "external_id": "o1",
        "occurred_at": "2026-03-01T12:00:00Z",
        "amount": "1.00",
        "currency": "EUR",
        "buyer": person,
        "account": account,
    }

    client.post(
        "/api/v1/purchases",
        {"purchases": [item]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    waiting = WaitingEvent.objects.get()
    assert (waiting.email, waiting.domain) == (
        ASCII if person else "",
        "xn--kaffeemhle-geb.example" if account else "",
    )


# The migration of what was stored


def migrate(capsys) -> list[str]:
    migration.canonicalize(apps, None)
    return [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_the_migration_rewrites_addresses_and_domains(capsys):
    raw = "Ada@kaffeemühle.example"
    member = MemberFactory(email=raw)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=member, email=raw.lower(), verified=True, primary=True)]
    )
    Invitation.objects.create(member=MemberFactory(unclaimed=True), email=raw)
    company = CompanyFactory(
        verified_domains=["kaffeemühle.example", "xn--kaffeemhle-geb.example", "a.example"]
    )

    said = [migrate(capsys), migrate(capsys)]

    assert said == [[], []]
    assert Member.objects.get(pk=member.pk).email == ASCII
    assert EmailAddress.objects.get().email == ASCII
    assert Invitation.objects.get().email == ASCII
    assert Company.objects.get(pk=company.pk).verified_domains == ["xn--kaffeemhle-geb.example", "a.example"]


def test_the_migration_joins_two_spellings_of_one_member(capsys):
    member = MemberFactory(email=ASCII)
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(user=member, email=ASCII),
            EmailAddress(user=member, email=LETTERS.lower(), verified=True, primary=True),
        ]
    )

    assert migrate(capsys) == []
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [(ASCII, True, True)]


def test_the_migration_reports_what_it_could_not_merge_and_both_can_log_in(client, capsys):
    other = confirmed(username="other")
    twin = MemberFactory(email=LETTERS.lower(), username="twin", password="another quiet morning")
    EmailAddress.objects.bulk_create([EmailAddress(user=twin, email=twin.email, verified=True, primary=True)])
    first = CompanyFactory(slug="first", verified_domains=["xn--kaffeemhle-geb.example"])
    second = CompanyFactory(slug="second", verified_domains=["kaffeemühle.example"])

    said = migrate(capsys)

    assert said == [
        "Not merged: the accounts @twin and @other have the same mailbox.",
        "Not merged: @twin and @other have confirmed the same mailbox.",
        "Not merged: the companies second and first both have the domain xn--kaffeemhle-geb.example.",
    ]
    for row in (other, twin, first, second):
        row.refresh_from_db()
    assert (other.email, twin.email) == (ASCII, LETTERS.lower())
    assert logged_in(client, LETTERS, "another quiet morning") == twin
    assert logged_in(client, LETTERS, PASSWORD) == other


def logged_in(client, email, password) -> Member | None:
    client.logout()
    log_in(client, email, password)
    return get_user(client)


def test_the_migration_of_waiting_events_rewrites_whom_they_wait_for():
    fields = {"name": "demo.requested", "occurred_at": "2026-03-01T12:00:00Z", "source": "crm", "event": {}}
    waiting = WaitingEvent.objects.create(
        event_id="00000000-0000-0000-0000-000000000001",
        email="ada@kaffeemühle.example",
        domain="kaffeemühle.example",
        **fields,
    )

    import_module("community.api.migrations.0010_canonical_addresses").canonicalize(apps, None)

    waiting.refresh_from_db()
    assert (waiting.email, waiting.domain) == (ASCII, "xn--kaffeemhle-geb.example")
