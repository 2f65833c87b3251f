"""The admin's page of a member, and what its form sends."""

from django.urls import reverse


def page_of(member):
    return reverse("admin:members_member_change", args=[member.pk])


def edited(member, **fields):
    return {"display_name": member.display_name, "username": member.username, "is_active": "on", **fields}
