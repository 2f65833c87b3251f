import pytest
from django.urls import reverse

from community.badges.models import Award, Badge
from community.events.catalogue import BADGE_EARNED
from community.events.models import Event
from tests.factories.badges import AwardFactory, BadgeFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    member = MemberFactory(role="manager")
    client.force_login(member)
    return member


def test_changing_a_badge_marks_it_as_customised(client, admin):
    badge = Badge.objects.get(slug="scholar")
    data = {
        "slug": "scholar",
        "name": "Bright spark",
        "sentence": badge.sentence,
        "icon": badge.icon,
        "level": badge.level,
        "series": badge.series,
        "rule": '{"event": "question.resolved"}',
        "source": badge.source,
        "position": badge.position,
        "is_active": "on",
    }

    response = client.post(reverse("admin:badges_badge_change", args=[badge.pk]), data)

    badge.refresh_from_db()
    assert response.status_code == 302
    assert (badge.name, badge.is_customised) == ("Bright spark", True)


def test_an_invalid_rule_is_refused_with_a_reason(client, admin):
    badge = BadgeFactory()
    data = {
        "slug": badge.slug,
        "name": "X",
        "sentence": "Y",
        "icon": "award",
        "level": "gold",
        "series": "firsts",
        "rule": '{"event": "no.such"}',
        "source": "ours",
        "position": 1,
    }

    response = client.post(reverse("admin:badges_badge_change", args=[badge.pk]), data)

    assert response.context["adminform"].form.errors == {
        "rule": ["event: there is no event called “no.such”."]
    }


def test_giving_a_badge_in_the_admin_goes_through_the_service(client, admin):
    badge, member = BadgeFactory(), MemberFactory()

    client.post(
        reverse("admin:badges_award_add"),
        {"badge": badge.pk, "member": member.pk, "why": "For the cake."},
    )

    award = Award.objects.get()
    assert (award.member, award.given_by, award.reason) == (member, admin, "For the cake.")
    assert Event.objects.filter(name=BADGE_EARNED).count() == 1


def test_taking_a_badge_back_in_the_admin_keeps_the_reason(client, admin):
    award = AwardFactory()
    url = reverse("admin:badges_award_change", args=[award.pk])

    without = client.post(url, {"take_back": "on"})
    client.post(url, {"take_back": "on", "why": "Given to the wrong person."})

    award.refresh_from_db()
    assert without.context["adminform"].form.errors == {"why": ["This field is required."]}
    assert (award.taken_back_by, award.taken_back_reason) == (admin, "Given to the wrong person.")


@pytest.mark.parametrize("name", ["badge_changelist", "award_changelist", "badge_add", "award_add"])
def test_the_pages_open(client, admin, name):
    AwardFactory()

    assert client.get(reverse(f"admin:badges_{name}")).status_code == 200


def test_an_award_cannot_be_deleted(client, admin):
    award = AwardFactory()

    assert client.post(reverse("admin:badges_award_delete", args=[award.pk])).status_code == 403


@pytest.mark.parametrize(
    ("role", "badges", "change", "awards"),
    [("manager", 200, 200, 200), ("moderator", 200, 403, 200), ("sales", 302, 302, 302), ("", 302, 302, 302)],
)
def test_badge_admin_depends_on_the_role(client, role, badges, change, awards):
    client.force_login(MemberFactory(role=role))

    assert client.get(reverse("admin:badges_badge_changelist")).status_code == badges
    assert client.get(reverse("admin:badges_badge_add")).status_code == change
    assert client.get(reverse("admin:badges_award_add")).status_code == awards
