import pytest
from django.contrib import admin
from django.test import RequestFactory

from community.core.admin_base import BaseAdmin, ByRole
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

# What each role may do besides viewing, by model; models not listed are read-only.
MANAGES = {
    "members.member": {"change"},
    "members.company": {"add", "change"},
    "members.guidelines": {"add"},
    "forum.category": {"add", "change", "delete"},
    "forum.tag": {"add", "change", "delete"},
    "events.customkind": {"add", "change"},
    "moderation.policy": {"change"},
    "moderation.blockedword": {"add", "change", "delete"},
    "moderation.reviewitem": {"change"},
    "moderation.sanction": {"add"},
}
MODERATES = {
    "forum.tag": {"add", "change"},
    "moderation.blockedword": {"add", "change", "delete"},
    "moderation.reviewitem": {"change"},
    "moderation.sanction": {"add"},
}
APPS = ("members", "forum", "moderation", "events")
HIDDEN_FROM_MODERATORS = {"events.cursor", "events.customkind", "events.deadletter"}


def allowed(member, *, apps=APPS):
    request = RequestFactory().get("/admin/")
    request.user = member
    found = {}
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label in apps:
            acts = {
                act
                for act in ("view", "add", "change", "delete")
                if getattr(model_admin, f"has_{act}_permission")(request)
            }
            found[model._meta.label_lower] = acts
    return found


def test_managers_have_these_permissions():
    found = allowed(MemberFactory(role="manager"))

    assert {name: acts - {"view"} for name, acts in found.items() if acts - {"view"}} == MANAGES
    assert all("view" in acts for acts in found.values())


def test_moderators_have_these_permissions():
    found = allowed(MemberFactory(role="moderator"))

    assert {name: acts - {"view"} for name, acts in found.items() if acts - {"view"}} == MODERATES
    assert {name for name, acts in found.items() if "view" not in acts} == HIDDEN_FROM_MODERATORS


@pytest.mark.parametrize("role", ["", "sales", "support", "product"])
def test_others_have_no_permissions(role):
    found = allowed(MemberFactory(role=role))

    assert not any(found.values())


def test_a_manager_without_admin_access_has_no_permissions():
    assert not any(allowed(MemberFactory(role="manager", is_staff=False)).values())


def test_a_superuser_has_a_managers_permissions():
    member = MemberFactory(is_superuser=True, is_staff=True)

    found = allowed(member)

    assert found["moderation.auditentry"] == {"view"}
    assert found["forum.category"] == {"view", "add", "change", "delete"}


@pytest.mark.parametrize("role", ["", "sales", "support", "product"])
@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/moderation/reviewitem/",
        "/admin/members/member/",
        "/admin/moderation/reviewitem/bulk/",
    ],
)
def test_admin_pages_refuse_others(client, role, address):
    client.force_login(MemberFactory(role=role))

    assert client.get(address).status_code in (302, 403)


def test_a_visitor_is_redirected_to_log_in(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_every_admin_class_declares_its_permissions():
    ours = ("community", "journeys", "advocacy")
    plain = [
        model._meta.label
        for model, model_admin in admin.site._registry.items()
        if model.__module__.split(".")[0] in ours and not isinstance(model_admin, ByRole)
    ]

    assert plain == []
    assert issubclass(BaseAdmin, ByRole)
