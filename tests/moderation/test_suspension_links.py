"""Signed links for suspended members: valid for one member and a limited time."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from community.moderation import suspension_links
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db


def token_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def test_member_of_returns_the_member_of_a_link():
    member = MemberFactory()

    assert suspension_links.member_of(token_of(suspension_links.address_for(member))) == member


@pytest.mark.parametrize("token", ["", "x", "1", "MQ:abc:def", "a" * 300])
def test_member_of_an_invalid_token_is_none(token):
    MemberFactory(pk=1)

    assert suspension_links.member_of(token) is None


def test_member_of_a_tampered_token_is_none():
    one, other = MemberFactory.create_batch(2)
    mine, theirs = (token_of(suspension_links.address_for(member)) for member in (one, other))

    assert suspension_links.member_of(theirs.split(":")[0] + mine[mine.index(":") :]) is None


def test_member_of_a_token_for_another_purpose_is_none():
    assert suspension_links.member_of(signing.dumps(MemberFactory().pk, salt="another")) is None


@pytest.mark.parametrize(
    ("age", "holds"), [(timedelta(days=6, hours=23), True), (timedelta(days=7, seconds=2), False)]
)
def test_a_link_is_valid_for_a_week(time_machine, age, holds):
    time_machine.move_to(timezone.now(), tick=False)
    member = MemberFactory()
    token = token_of(suspension_links.address_for(member))

    time_machine.shift(age)

    assert (suspension_links.member_of(token) == member) is holds


def test_member_of_a_deleted_account_is_none():
    member = MemberFactory()
    token = token_of(suspension_links.address_for(member))
    member.delete()

    assert suspension_links.member_of(token) is None


def test_the_page_shows_the_reason_to_anyone_with_the_link(client):
    sanction = SanctionFactory(kind="suspension", reason="You sold beans in every topic.")

    response = client.get(suspension_links.address_for(sanction.member))

    assert response.status_code == 200
    assert "You sold beans in every topic." in response.content.decode()


def test_the_page_of_an_invalid_link_redirects_to_log_in(client):
    address = suspension_links.address_for(MemberFactory())

    response = client.get(address.replace(token_of(address), "nonsense"))

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
