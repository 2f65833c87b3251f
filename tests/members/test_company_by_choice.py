"""A member's company, known from their email address, is shown as the member chooses."""

import pytest
from django.contrib.auth.models import AnonymousUser

from community.forum.services import posts
from community.members import rules
from community.members.forms import ProfileForm
from community.members.models import Member
from tests.factories.badges import AwardFactory
from tests.factories.forum import TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db
ACME = "Acme Coffee Roasters"


def employee(**fields) -> Member:
    return MemberFactory(company=CompanyFactory(name=ACME), email="ada@acme.example", **fields)


@pytest.mark.parametrize(
    ("reader", "sees"),
    [
        (lambda member: AnonymousUser(), False),
        (lambda member: MemberFactory(), False),
        (lambda member: MemberFactory(company=member.company), False),
        (lambda member: member, True),
        (lambda member: MemberFactory(role="sales"), True),
        (lambda member: MemberFactory(role="support"), True),
        (lambda member: MemberFactory(role="moderator"), True),
        (lambda member: MemberFactory(is_superuser=True), True),
    ],
    ids=["visitor", "member", "colleague", "self", "sales", "support", "moderator", "superuser"],
)
def test_a_company_is_seen_by_the_team_and_by_others_only_if_the_member_shows_it(reader, sees):
    member = employee()
    hidden = rules.can_see_company(reader(member), member)
    member.shows_company = True

    assert (hidden, rules.can_see_company(reader(member), member)) == (sees, True)


@pytest.mark.parametrize("is_member", [False, True], ids=["visitor", "member"])
def test_no_page_for_everyone_names_the_company(client, is_member):
    """Profile and its tabs, topic, lists, search, badges and feeds, including their source."""
    member = employee()
    topic = TopicFactory(author=member)
    posts.create(topic, author=member, source="Hello @" + member.username, screen=False)
    award = AwardFactory(member=member, post=topic.posts.first())
    if is_member:
        client.force_login(MemberFactory())

    found = [
        path
        for path in (
            member.get_absolute_url(),
            f"{member.get_absolute_url()}?tab=topics",
            topic.get_absolute_url(),
            topic.category.get_absolute_url(),
            award.badge.get_absolute_url(),
            "/",
            "/latest/",
            f"/search/?q={member.display_name}",
            "/latest.atom",
        )
        if "Acme" in client.get(path, follow=True).content.decode()
    ]

    assert found == []


def test_the_profile_names_the_company_if_the_member_shows_it(client):
    member = employee(shows_company=True)

    page = client.get(member.get_absolute_url()).content.decode()

    assert ACME in page
    assert "not public" not in page


def test_members_see_that_their_company_is_not_public(client):
    member = employee()
    client.force_login(member)

    assert f"<bdi>{ACME}</bdi> (not public)" in client.get(member.get_absolute_url()).content.decode()


def test_the_profile_form_asks_whether_to_show_the_company(client):
    member = employee()
    client.force_login(member)
    page = client.get("/me/settings/").content.decode()
    data = {"display_name": member.display_name, "time_zone": "UTC", "shows_company": "on"}

    client.post("/me/settings/", data)

    member.refresh_from_db()
    assert f"Show on my profile that I belong to {ACME}" in page
    assert member.shows_company
    client.post("/me/settings/", {**data, "shows_company": ""})
    member.refresh_from_db()
    assert not member.shows_company


def test_the_profile_form_of_a_member_without_a_company_does_not_ask():
    assert "shows_company" not in ProfileForm(member=MemberFactory()).fields
