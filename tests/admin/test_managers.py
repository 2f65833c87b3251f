"""What managers may not do to other managers and superusers, on every admin page."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from community.members import rules
from community.members.models import Member
from community.moderation.models import AuditEntry
from tests.factories.members import MemberFactory

from .members import edited, page_of

pytestmark = pytest.mark.django_db

MEMBERS = reverse("admin:members_member_changelist")


@pytest.fixture
def superuser():
    return Member.objects.create_superuser("root@example.com", "root", "a-good-password", display_name="Root")


@pytest.fixture(params=["manager", "superuser", "superuser without a role"])
def above(request):
    """Someone whom a manager may not change."""
    if request.param == "manager":
        return MemberFactory(role="manager", display_name="Other")
    role = "manager" if request.param == "superuser" else ""
    return MemberFactory(role=role, is_superuser=True, is_staff=True, display_name="Other")


def test_member_list_says_who_is_deactivated(client):
    client.force_login(MemberFactory(role="manager"))
    MemberFactory(username="gone", is_active=False)
    MemberFactory(username="here")

    html = client.get(MEMBERS).content.decode()

    assert ("@gone, deactivated" in html, "@here, deactivated" in html) == (True, False)


def state(member):
    member = Member.objects.get(pk=member.pk)
    held = sorted(member.groups.values_list("name", flat=True))
    return (member.display_name, member.role, member.is_active, member.is_staff, member.is_superuser, held)


# The rule


@pytest.mark.parametrize("role", ["", "sales", "support", "product", "moderator"])
def test_a_manager_can_change_everyone_below(manager, role):
    assert rules.can_administer(manager, MemberFactory(role=role))


def test_a_manager_can_change_their_own_name_but_nobody_above(manager, above):
    assert rules.can_administer(manager, manager)
    assert not rules.can_administer(manager, above)


def test_a_superuser_can_change_everyone(superuser, above):
    assert rules.can_administer(superuser, above)


# The change form


@pytest.mark.parametrize(
    "change",
    [{"is_active": ""}, {"roles": []}, {"roles": ["sales"]}, {"display_name": "Nobody"}],
    ids=["deactivate", "take all roles", "demote", "rename"],
)
def test_a_manager_cannot_change_someone_above(as_manager, above, change):
    before = state(above)

    response = as_manager.post(page_of(above), edited(above, roles=["manager"]) | change)

    assert response.status_code == 403
    assert state(above) == before
    assert not AuditEntry.objects.exists()


def test_a_manager_can_view_someone_above(as_manager, above):
    response = as_manager.get(page_of(above))

    html = response.content.decode()
    assert response.status_code == 200
    assert 'name="roles"' not in html
    assert 'name="is_active"' not in html
    assert 'name="_save"' not in html


def test_a_manager_can_change_everyone_else(as_manager):
    member = MemberFactory(role="moderator")

    as_manager.post(page_of(member), edited(member, roles=["support"], is_active=""))

    assert state(member)[1:] == ("support", False, False, False, ["support"])


@pytest.mark.parametrize("who", ["another", "themself"])
def test_a_manager_cannot_make_a_superuser(as_manager, manager, who):
    member = manager if who == "themself" else MemberFactory()
    everything = [permission.pk for permission in Permission.objects.all()[:3]]
    sent = edited(
        member,
        roles=[member.role] if member.role else [],
        is_superuser="on",
        is_staff="on",
        user_permissions=everything,
    )

    as_manager.post(page_of(member), sent)

    member.refresh_from_db()
    assert (member.is_superuser, member.is_staff) == (False, who == "themself")
    assert not member.user_permissions.exists()


def test_there_is_no_role_called_superuser(as_manager):
    member = MemberFactory()

    as_manager.post(page_of(member), edited(member, roles=["superuser"]))

    assert state(member)[1:] == ("", True, False, False, [])


def test_a_manager_cannot_change_their_own_role(as_manager, manager):
    before = state(manager)

    as_manager.post(page_of(manager), edited(manager, roles=["sales"]))

    assert state(manager) == before


def test_a_superuser_can_demote_and_deactivate_a_manager(client, superuser):
    manager = MemberFactory(role="manager")
    client.force_login(superuser)

    response = client.post(page_of(manager), edited(manager, roles=["support"], is_active=""))

    assert response.status_code == 302
    assert state(manager)[1:] == ("support", False, False, False, ["support"])


# The list and other pages


def test_the_list_has_no_actions(as_manager, above):
    before = state(above)
    sent = {"action": "delete_selected", "_selected_action": [above.pk], "post": "yes"}

    as_manager.post(MEMBERS, sent)
    listed = as_manager.get(MEMBERS)

    assert state(above) == before
    assert listed.context["cl"].formset is None
    assert listed.context["action_form"] is None


@pytest.mark.parametrize("what", ["delete", "history"])
def test_a_manager_cannot_delete_someone_above(as_manager, above, what):
    before = state(above)

    as_manager.post(reverse(f"admin:members_member_{what}", args=[above.pk]), {"post": "yes"})

    assert state(above) == before


def test_a_manager_cannot_sanction_someone_above(as_manager, above):
    page = f"{reverse('admin:moderation_sanction_add')}?member={above.pk}"

    assert as_manager.post(page, {"person": "suspension"}).status_code == 403


@pytest.mark.parametrize("model", [Group, EmailAddress, Authenticator])
def test_a_manager_has_no_other_way_to_their_account(as_manager, model):
    """Groups are roles, and changing the address or second factor would allow logging in as them."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert as_manager.get(reverse(f"{name}_changelist")).status_code == 403
    assert as_manager.post(reverse(f"{name}_add"), {"name": "x"}).status_code == 403
