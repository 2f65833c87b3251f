import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from community.events.catalogue import COMPANY_JOINED, GUIDELINES_ACCEPTED, MEMBER_REGISTERED
from community.events.models import Event
from community.members.models import Guidelines, Member
from community.members.services import accounts, companies, roles
from community.members.services.guidelines import accept_guidelines, publish_guidelines
from community.moderation.models import AuditEntry
from tests.factories.members import CompanyFactory, GuidelinesFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts():
    """The audit log, oldest first."""
    return AuditEntry.objects.order_by("pk")


def new_member(**fields):
    return Member(**{"username": "ada", "email": "ada@example.com", "display_name": "Ada", **fields})


def confirm(member, email):
    return EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)


# Accounts


def test_register_saves_the_member_and_their_agreement_and_records_both():
    current = Guidelines.objects.in_force()

    member = accounts.register(new_member(), guidelines=current)

    member.refresh_from_db()
    assert member.is_claimed
    assert (member.guidelines, member.guidelines_accepted_at is None) == (current, False)
    told = {event.name: event.props for event in Event.objects.filter(member=member)}
    assert told == {
        MEMBER_REGISTERED: {"source": "signup", "guidelines_version": current.version},
        GUIDELINES_ACCEPTED: {"version": current.version},
    }


def test_register_without_guidelines_records_no_agreement():
    member = accounts.register(new_member(), guidelines=None)

    assert member.guidelines is None
    assert [event.name for event in Event.objects.all()] == [MEMBER_REGISTERED]


@pytest.mark.parametrize(
    ("taken", "name", "free"),
    [
        ([], "Ada Winter", "ada-winter"),
        (["Ada-Winter"], "Ada Winter", "ada-winter-2"),
        (["ada-winter", "ada-winter-2", "ada-winter-9"], "Ada Winter", "ada-winter-3"),
        (["x" * 30], "x" * 40, "x" * 28 + "-2"),
    ],
)
def test_free_username_is_not_taken(taken, name, free):
    for username in taken:
        MemberFactory(username=username)

    assert accounts.free_username(name) == free


# Guidelines


def test_publish_guidelines_renders_a_new_version(acts):
    manager = MemberFactory(role="manager")

    guidelines = publish_guidelines("Be *kind*.", actor=manager)

    assert (guidelines.version, guidelines.html) == (2, "<p>Be <em>kind</em>.</p>\n")
    assert [(act.act, act.actor, act.after) for act in acts] == [
        ("guidelines.publish", manager, {"version": 2})
    ]


def test_publish_guidelines_is_idempotent(acts):
    for _ in range(2):
        publish_guidelines("Be kind.", actor=None)

    assert Guidelines.objects.in_force().version == 2
    assert len(acts) == 1


def test_publish_the_first_guidelines():
    Guidelines.objects.all().delete()

    assert publish_guidelines("Be kind.", actor=None).version == 1


def test_accept_guidelines_keeps_version_and_time():
    member, newer = MemberFactory(), GuidelinesFactory(version=2)
    before = member.guidelines_accepted_at

    accept_guidelines(member, guidelines=newer)

    member.refresh_from_db()
    assert member.guidelines == newer
    assert member.guidelines_accepted_at > before
    assert Event.objects.get().props == {"version": 2}


def test_accept_guidelines_twice_keeps_the_first_time():
    member, newer = MemberFactory(), GuidelinesFactory(version=2)

    accept_guidelines(member, guidelines=newer)
    first = member.guidelines_accepted_at
    accept_guidelines(member, guidelines=newer)

    assert member.guidelines_accepted_at == first
    assert Event.objects.filter(name=GUIDELINES_ACCEPTED).count() == 1


# Companies


def test_match_company_matches_by_domain():
    member, company = MemberFactory(), CompanyFactory(verified_domains=["acme.example"])

    assert companies.match_company(member, email="ada@Acme.Example") == company

    member.refresh_from_db()
    assert member.company == company
    event = Event.objects.get(name=COMPANY_JOINED)
    assert (event.member, event.props) == (member, {"domain": "acme.example"})


def test_every_member_who_joins_a_company_is_recorded():
    CompanyFactory(verified_domains=["acme.example"])
    members = MemberFactory.create_batch(2)

    for member in members:
        companies.match_company(member, email="ada@acme.example")

    joined = Event.objects.filter(name=COMPANY_JOINED).values_list("member_id", flat=True)
    assert sorted(joined) == [member.pk for member in members]


def test_match_company_twice_records_one_event():
    member = MemberFactory()
    CompanyFactory(verified_domains=["acme.example"])

    for _ in range(2):
        companies.match_company(member, email="ada@acme.example")

    assert Event.objects.filter(name=COMPANY_JOINED).count() == 1


@pytest.mark.parametrize("email", ["ada@other.example", "ada@sub.acme.example", "ada@notacme.example", "ada"])
def test_match_company_of_any_other_domain_is_none(email):
    member = MemberFactory()
    CompanyFactory(verified_domains=["acme.example"])

    assert companies.match_company(member, email=email) is None
    assert member.company is None


def test_match_company_keeps_the_current_company():
    first, member = CompanyFactory(), MemberFactory()
    Member.objects.filter(pk=member.pk).update(company=first)
    CompanyFactory(verified_domains=["acme.example"])

    assert companies.match_company(member, email="ada@acme.example") == first


def test_verify_domain_adds_members_with_a_confirmed_address(acts):
    company = CompanyFactory()
    ada, bo, cy = MemberFactory(), MemberFactory(), MemberFactory()
    confirm(ada, "ada@acme.example")
    EmailAddress.objects.create(user=bo, email="bo@acme.example", verified=False)
    confirm(cy, "cy@notacme.example")

    companies.verify_domain(company, " @ACME.example ", actor=None)

    assert list(company.members.all()) == [ada]
    company.refresh_from_db()
    assert company.verified_domains == ["acme.example"]
    assert [act.act for act in acts] == ["company.verify_domain"]


def test_verify_domain_is_idempotent(acts):
    company = CompanyFactory()

    for _ in range(2):
        company = companies.verify_domain(company, "acme.example", actor=None)

    assert company.verified_domains == ["acme.example"]
    assert len(acts) == 1


def test_verify_domain_refuses_public_providers():
    with pytest.raises(ValidationError, match="public email provider"):
        companies.verify_domain(CompanyFactory(), "Gmail.com", actor=None)


def test_verify_domain_refuses_another_companys_domain():
    CompanyFactory(verified_domains=["acme.example"])

    with pytest.raises(ValidationError, match="another company"):
        companies.verify_domain(CompanyFactory(), "acme.example", actor=None)


# Roles


def test_set_roles_shows_the_strongest_role(acts):
    member, manager = MemberFactory(), MemberFactory(role="manager")

    roles.set_roles(member, ["sales", "moderator"], actor=manager)

    member.refresh_from_db()
    assert (member.role, member.is_staff) == ("moderator", True)
    assert {group.name for group in member.groups.all()} == {"sales", "moderator"}
    assert [(act.act, act.before, act.after) for act in acts] == [
        ("roles.set", {"roles": []}, {"roles": ["moderator", "sales"]})
    ]


def test_set_roles_is_idempotent(acts):
    member = MemberFactory()

    for _ in range(2):
        roles.set_roles(member, ["sales"])

    assert member.groups.count() == 1
    assert len(acts) == 1


def test_set_roles_to_none_removes_badge_and_admin_access_but_not_other_groups():
    member = MemberFactory(role="manager", groups=[Group.objects.create(name="pilots")])

    roles.set_roles(member, [])

    member.refresh_from_db()
    assert (member.role, member.is_staff, member.is_team) == ("", False, False)
    assert [group.name for group in member.groups.all()] == ["pilots"]


@pytest.mark.parametrize(
    ("role", "admin"), [("manager", True), ("moderator", True), ("support", False), ("product", False)]
)
def test_set_roles_gives_admin_access_to_managers_and_moderators(role, admin):
    assert roles.set_roles(MemberFactory(), [role]).is_staff is admin


def test_set_roles_keeps_a_superusers_admin_access():
    member = Member.objects.create_superuser("root@example.com", "boss", "a-good-password")

    assert roles.set_roles(member, []).is_staff


def test_set_roles_refuses_unknown_roles():
    with pytest.raises(ValueError, match="no role called 'king'"):
        roles.set_roles(MemberFactory(), ["king"])
