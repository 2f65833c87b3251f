"""Readers of the forum, each with their own test client."""

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from tests.factories.members import MemberFactory


def client_of(member):
    client = Client()
    client.force_login(member)
    return client


def a_customer(**fields):
    """Return an ordinary member without the limits for new members."""
    return MemberFactory(customer_since=timezone.now(), **fields)


def member_of_a_group(groups):
    """Return a member of a new group that is added to these `groups` of a category."""
    member, group = a_customer(), Group.objects.create(name="pilots")
    member.groups.add(group)
    groups.add(group)
    return member
