"""Readers of the forum, each with a browser of their own."""

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from tests.factories.members import MemberFactory


def client_of(member):
    client = Client()
    client.force_login(member)
    return client


def a_customer(**fields):
    """An ordinary member, to whom the limits of newcomers do not apply."""
    return MemberFactory(customer_since=timezone.now(), **fields)


def member_of_a_group(groups):
    """A member of a new group that is one of these `groups` of a category."""
    member, group = a_customer(), Group.objects.create(name="pilots")
    member.groups.add(group)
    groups.add(group)
    return member
