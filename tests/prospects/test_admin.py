import pytest
from django.urls import reverse

from community.prospects.models import RosterEntry
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory

pytestmark = pytest.mark.django_db


def posted(forum, member) -> dict[str, object]:
    return {
        "category": forum.pk,
        "promise_minutes": 60,
        "grace_minutes": 15,
        "opens_at": "09:00",
        "closes_at": "17:00",
        "time_zone": "Europe/Berlin",
        "welcome": "Ask away.",
        "checkout_words": "cart",
        "staff_share_limit": 40,
        "roster-TOTAL_FORMS": 1,
        "roster-INITIAL_FORMS": 0,
        "roster-0-forum": forum.pk,
        "roster-0-member": member.pk,
        "roster-0-real_name": "Anna Berg",
        "roster-0-title": "Advisor",
        "roster-0-is_trained": "on",
        "roster-0-is_active": "on",
        "roster-0-position": 0,
    }


def address(forum) -> str:
    return reverse("admin:prospects_prospectforum_change", args=[forum.pk])


def test_a_manager_sets_the_promise_and_the_roster(client):
    client.force_login(MemberFactory(role="manager"))
    forum, salesperson = ProspectForumFactory(), MemberFactory(role="sales")

    response = client.post(address(forum), posted(forum, salesperson))

    forum.refresh_from_db()
    assert response.status_code == 302
    assert (forum.promise_minutes, forum.grace_minutes, forum.checkout_words) == (60, 15, ["cart"])
    assert RosterEntry.objects.get().member == salesperson


@pytest.mark.parametrize("role", ["moderator", "sales", ""])
def test_only_managers_set_the_promise_and_the_roster(client, role):
    client.force_login(MemberFactory(role=role))
    forum = ProspectForumFactory()

    client.post(address(forum), posted(forum, MemberFactory()))

    forum.refresh_from_db()
    assert forum.promise_minutes == 240
    assert RosterEntry.objects.count() == 0
