"""Members built from users: usernames that can be mentioned, no email address, no password."""

import pytest
from django.core.exceptions import ValidationError

from community.events.models import Event
from community.importers.models import ImportedRow
from community.importers.progress import NoProgress
from community.importers.services.builders import people
from community.importers.services.builders.people import build_members, former_member, handle, usernames
from community.members.models import Member
from community.members.names import clean_username
from tests.factories.members import MemberFactory
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


def built(tmp_path, **attributes) -> Member:
    prepare(Dump(tmp_path).user(7, **attributes).question(1, OwnerUserId=7))
    return Member.objects.get(pk=ImportedRow.objects.get(kind="user", source_id=7).target_id)


@pytest.mark.parametrize(
    ("name", "made"),
    [("Ann Field", "ann-field"), ("Zoë", "zoe"), ("O'Neil", "oneil"), ("Al", ""), ("李小龙", ""), ("", "")],
)
def test_handle_keeps_mentionable_characters(name, made):
    assert handle(name) == made


def test_usernames_append_the_id_to_equal_names():
    assert usernames({1: "Bob", 5: "Bob", 9: "bob"}) == {1: "bob", 5: "bob-5", 9: "bob-9"}


def test_usernames_avoid_taken_names_ignoring_case():
    MemberFactory(username="BOB")

    assert usernames({5: "Bob"}) == {5: "bob-5"}


def test_usernames_continue_counting_if_the_number_is_taken():
    for taken in ("bob", "bob-5", "bob-5-2"):
        MemberFactory(username=taken)

    assert usernames({5: "Bob"}) == {5: "bob-5-3"}


@pytest.mark.parametrize("name", ["Moderator", "admin", "Everyone"])
def test_usernames_never_use_reserved_names(name):
    assert usernames({5: name}) == {5: f"{name.lower()}-5"}


def test_usernames_never_use_the_sites_name(settings):
    settings.SITE_NAME = "Beer Village"

    assert usernames({5: "Beer Village"}) == {5: "beer-village-5"}


def test_usernames_stay_within_their_length():
    long = "a" * 40
    found = usernames({1: long, 123456789: long})

    assert found == {1: "a" * 30, 123456789: "a" * 20 + "-123456789"}


def test_usernames_of_users_with_negative_ids_are_plain():
    assert usernames({-1: "李"}) == {-1: "member-1"}


def test_usernames_look_names_up_together(django_assert_num_queries):
    with django_assert_num_queries(1):
        usernames({number: f"User {number}" for number in range(50)})


@pytest.mark.parametrize(
    ("website", "kept"),
    [
        ("https://ann.example/a?b=c", "https://ann.example/a?b=c"),
        ("http://ann.example", "http://ann.example"),
        ("javascript:alert(1)", ""),
        ("ann.example", ""),
        ("https://ann.example/ and more", ""),
        ("https://ann.example/" + "x" * 200, ""),
    ],
)
def test_build_members_keeps_valid_websites(tmp_path, website, kept):
    assert built(tmp_path, WebsiteUrl=website).website == kept


def test_build_members_renders_the_bio(tmp_path):
    member = built(tmp_path, AboutMe='<p>I <b>brew</b>.</p><script>alert("x")</script>')

    assert member.bio.startswith("I **brew**.")
    assert "<strong>brew</strong>" in member.bio_html
    assert "<script" not in member.bio_html


def test_build_members_without_a_bio(tmp_path):
    member = built(tmp_path)

    assert (member.bio, member.bio_html, member.location, member.website) == ("", "", "", "")


def test_build_members_truncates_long_values(tmp_path):
    member = built(tmp_path, DisplayName="N" * 200, Location="L" * 300)

    assert (len(member.display_name), len(member.location)) == (80, 120)


@pytest.mark.parametrize("name", ["", "   ", None])
def test_build_members_without_a_name_use_the_username(tmp_path, name):
    member = built(tmp_path, DisplayName=name)

    assert (member.username, member.display_name) == ("member-7", "member-7")


def test_build_members_keeps_joined_and_last_seen_times(tmp_path):
    member = built(tmp_path, LastAccessDate="2021-05-06T07:08:09.000")

    assert (f"{member.joined_at:%Y-%m-%d}", f"{member.last_seen_at:%Y-%m-%d %H:%M}") == (
        "2020-01-01",
        "2021-05-06 07:08",
    )


def test_build_members_sets_no_password_or_email(tmp_path):
    member = built(tmp_path)

    assert (member.email, member.claimed_at, member.is_staff, member.is_superuser, member.role) == (
        None,
        None,
        False,
        False,
        "",
    )
    assert not member.has_usable_password()


def test_build_members_records_backdated_registrations(dump):
    batch = prepare(dump)

    told = Event.objects.filter(name="member.registered").order_by("occurred_at")
    assert [f"{event.occurred_at:%H:%M}" for event in told] == ["00:00", "00:00", "12:00"]
    assert {(event.source, event.channel, event.props["source"]) for event in told} == {
        (batch.event_source, "import", "beer.example.com")
    }
    assert all(event.member_id == event.actor_id == event.object_id for event in told)


def test_build_members_is_idempotent(dump):
    batch = prepare(dump)

    build_members(batch, NoProgress())

    assert Member.objects.count() == 3
    assert Event.objects.filter(name="member.registered").count() == 3


def test_build_members_in_small_batches_distinguishes_equal_names(dump, heard, monkeypatch):
    monkeypatch.setattr(people, "BATCH_SIZE", 1)
    batch = prepare(dump, members=False)

    build_members(batch, heard)

    assert sorted(Member.objects.values_list("username", flat=True)) == ["ann", "bob", "bob-3"]
    assert (heard.started, heard.units) == ([("Members", 3)], 3)


def test_former_member_is_created_once_without_access():
    first, second = former_member(), former_member()

    assert first == second
    assert (first.display_name, first.is_active, first.email) == ("Former member", False, None)
    assert not first.has_usable_password()


@pytest.mark.parametrize("written", ["former-member", "Former-Member"])
def test_the_former_member_username_is_reserved(written):
    with pytest.raises(ValidationError, match="is not available"):
        clean_username(written)


def test_an_imported_user_with_that_name_gets_another():
    assert usernames({4: "Former member"}) == {4: "former-member-4"}
