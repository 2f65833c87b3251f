import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser, Group
from django.test import RequestFactory

from community.core import admin_base
from community.core.admin_base import MANAGERS, MODERATORS, Panel, changes_of, has_role
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def request_of(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


@pytest.mark.parametrize(
    ("fields", "roles", "allowed"),
    [
        ({"role": "manager"}, MANAGERS, True),
        ({"role": "moderator"}, MANAGERS, False),
        ({"role": "moderator"}, MODERATORS, True),
        ({"role": "sales"}, MODERATORS, False),
        ({"role": "manager", "is_active": False}, MANAGERS, False),
        ({"role": "manager", "is_staff": False}, MANAGERS, False),
        ({"is_superuser": True, "is_staff": True}, MANAGERS, True),
        ({"is_superuser": True, "is_staff": True}, (), False),
    ],
)
def test_has_role_requires_active_staff_with_the_role(fields, roles, allowed):
    assert has_role(request_of(MemberFactory(**fields)), roles) is allowed


def test_has_role_is_not_for_visitors():
    assert not has_role(request_of(AnonymousUser()), MODERATORS)


class GroupForm(forms.ModelForm):
    class Meta:
        model = Group
        fields = ("name",)


def test_changes_of_contains_changed_fields_only():
    group = Group.objects.create(name="Old")
    form = GroupForm({"name": "New"}, instance=group)
    same = GroupForm({"name": "Old"}, instance=Group.objects.get())

    assert form.is_valid()
    assert changes_of(form) == ({"name": "Old"}, {"name": "New"})
    assert same.is_valid()
    assert changes_of(same) == ({}, {})


def test_member_panels_exclude_empty_panels(monkeypatch):
    panel = Panel("Journey", "x.html", {})
    monkeypatch.setattr(admin_base, "_member_panels", [lambda *_: None, lambda *_: panel])

    assert admin_base.member_panels(MemberFactory(), request_of(AnonymousUser())) == [panel]
