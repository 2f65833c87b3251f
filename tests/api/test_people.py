"""Adding people and their IDs in bulk, by API and from files."""

import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command

from community.api import tasks
from community.api.models import ApiToken, ExternalId
from community.api.services import ingestion, parsers
from community.events.models import Event
from community.forum import search_filters, search_query
from community.forum.people import suggest_people
from community.forum.services import rendering
from community.members.models import Invitation, Member
from community.members.services import invitations
from tests.api.conftest import purchase, statuses
from tests.factories.api import confirm_address, make_token
from tests.factories.badges import AwardFactory
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(call):
    _, secret = make_token(ApiToken.Scope.PEOPLE)

    def post(*people):
        return call("people", {"people": list(people)}, secret=secret)[1]

    return post


def person(number=1, **fields):
    return {
        "external_id": f"c-{number}",
        "email": f"ann{number}@example.com",
        "name": "Ann Example",
        **fields,
    }


def test_new_people_become_unclaimed_members(send):
    company = CompanyFactory(external_id="a-1")

    answer = send(person(joined_at="2026-01-02T03:04:05Z", account={"external_id": "a-1"}))

    member = ExternalId.objects.get(source="crm", external_id="c-1").member
    assert statuses(answer) == ["accepted"]
    assert (member.display_name, member.email, member.is_claimed) == ("Ann Example", None, False)
    assert (member.company, member.joined_at.isoformat()) == (company, "2026-01-02T03:04:05+00:00")
    assert not member.has_usable_password()
    assert Invitation.objects.get().email == "ann1@example.com"
    assert set(Event.objects.values_list("name", flat=True)) == {"member.registered", "company.joined"}


def test_members_are_linked_by_their_address(send):
    member = MemberFactory()
    confirm_address(member)

    answer = send(person(email=member.email.upper(), name=None))

    assert statuses(answer) == ["updated"]
    assert ExternalId.objects.get().member == member
    assert Member.objects.count() == 1


def test_sending_people_again_changes_nothing(send):
    send(person(1), person(2))

    answer = send(person(1), person(2, name="Another Name"))

    assert statuses(answer) == ["duplicate", "duplicate"]
    assert Member.objects.count() == ExternalId.objects.count() == 2


def test_two_ids_of_one_address_belong_to_one_member(send):
    answer = send(person(1), person(2, email="ANN1@example.com"))

    assert statuses(answer) == ["accepted", "updated"]
    assert Member.objects.count() == 1


def test_an_id_of_someone_else_is_a_conflict(send):
    send(person(1))
    member = MemberFactory()
    confirm_address(member)

    answer = send(person(1, email=member.email))

    assert statuses(answer) == ["conflict"]
    assert answer["results"][0]["reason"].startswith(
        "This ID and this email address belong to different members."
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": None}, "name: This is missing; it is required for people who are not members yet."),
        ({"name": "\u200b"}, "name: This has no visible characters"),
        ({"external_id": ""}, "external_id: This is missing"),
        ({"email": "nobody"}, 'email: This is not a valid email address (got "nobody")'),
        ({"joined_at": "2199-01-01T00:00:00Z"}, None),
        ({"role": "manager"}, "role: This field does not exist"),
    ],
)
def test_wrong_people_are_rejected(send, fields, reason):
    answer = send(person(**fields), person(2))

    assert statuses(answer) == ["rejected", "accepted"]
    assert reason in (None, answer["results"][0]["reason"])


def test_people_need_their_own_scope(call):
    status, _ = call("people", {"people": []}, secret=make_token(ApiToken.Scope.EVENTS)[1])

    assert status == 403


@pytest.mark.parametrize(("reader", "sees"), [("visitor", False), ("member", False), ("support", True)])
def test_only_the_team_sees_people_who_have_never_been_here(send, client, reader, sees):
    send(person())
    member = Member.objects.get()
    award = AwardFactory(member=member)
    user = (
        AnonymousUser() if reader == "visitor" else MemberFactory(role="" if reader == "member" else reader)
    )
    if reader != "visitor":
        client.force_login(user)

    assert client.get(member.get_absolute_url()).status_code == (200 if sees else 404)
    badge_page = client.get(award.badge.get_absolute_url()).text
    assert "Ann Example" not in badge_page
    assert "Awarded to 0 members" in badge_page
    assert 'class="mention"' not in rendering.preview(f"@{member.username}").html
    for text in ("@ann-exampel", "user:ann", f"@{member.username}", 'user:"Ann Example"'):
        filters = search_filters.resolve(user, search_query.parse(text).filters)
        assert ([one.nearest for one in filters.unknown], filters.author_ids) == ([""], [])
    if reader == "member":
        assert suggest_people("ann", reader=user) == []


def test_people_become_visible_when_they_claim_their_account(send, client):
    send(person())
    invitation = Invitation.objects.get()

    member = invitations.claim(invitation, password="correct horse battery", guidelines=None)

    assert client.get(member.get_absolute_url()).status_code == 200


def test_what_waits_for_people_is_applied(send):
    by_id, by_address = (
        purchase(1, buyer={"external_id": "c-1"}),
        purchase(2, buyer={"email": "ann1@example.com"}),
    )
    ingestion.ingest(parsers.parse_purchases([by_id, by_address], source="crm"))

    send(person())
    tasks.match_new()

    member = Member.objects.get()
    assert Event.objects.filter(name="purchase.completed", member=member).count() == 2


@pytest.fixture
def import_people(tmp_path):
    def import_file(content: str, *options: str) -> str:
        path = tmp_path / "people.csv"
        path.write_text(content)
        out = io.StringIO()
        call_command("import_people", str(path), "--source", "crm", *options, stdout=out)
        return out.getvalue()

    return import_file


FILE = """\
Record ID,Email,Name,Create Date,Phone
c-1,ann@example.com,Ann Example,25/03/2026,1
c-2,bob@example.com,Bob Example,01/04/2026,2
c-3,,,01/04/2026,3
c-4,odd,Odd Example,01/04/2026,4
"""


def test_a_file_of_people_is_imported_once(import_people):
    foreseen = import_people(FILE, "--dry-run")
    assert not Member.objects.exists()

    first, again = import_people(FILE), import_people(FILE)

    assert (
        "Columns: Record ID is external_id; Email is email; Name is name; Create Date is joined_at." in first
    )
    assert "Ignored columns: Phone." in first
    assert "Would be new: 2, linked: 0, known: 0, conflicts: 0, rejected: 2." in foreseen
    assert "New: 2, linked: 0, known: 0, conflicts: 0, rejected: 2." in first
    assert "Line 4: rejected: name: This is missing" in first
    assert "Line 5: rejected: email: This is not a valid email address" in first
    assert "New: 0, linked: 0, known: 2," in again
    assert Member.objects.get(username="bob-example").joined_at.isoformat() == "2026-04-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("content", "says"),
    [("Email,Name\n", "Missing column: external_id"), ('id,name\n1,"a\n', "never closed")],
)
def test_wrong_files_of_people_are_refused(import_people, content, says):
    with pytest.raises(CommandError, match=says):
        import_people(content)
