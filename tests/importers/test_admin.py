import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    client.force_login(MemberFactory(role="manager"))
    return client


def test_batches_show_the_reconciliation(client, dump, imported):
    dump.add("votes", PostId=999, VoteTypeId=2)
    batch = imported(dump)

    html = client.get(reverse("admin:importers_importbatch_change", args=[batch.pk])).content.decode()

    assert (
        "<tr><th scope=row>Votes.xml</th><td>6</td><td>5</td><td>1 its post is not in the dump<br></td></tr>"
        in html
    )
    assert "Display names shared by several users (their usernames get a number): 1." in html


def test_batches_are_listed_with_their_counts(client, dump, imported):
    imported(dump)

    html = client.get(reverse("admin:importers_importbatch_changelist")).content.decode()

    assert "village" in html
    assert "beer.example.com" in html


def test_batches_are_read_only(client, dump, imported):
    batch = imported(dump)

    assert (
        client.post(reverse("admin:importers_importbatch_change", args=[batch.pk]), {"name": "x"}).status_code
        == 403
    )
    assert client.post(reverse("admin:importers_importbatch_delete", args=[batch.pk])).status_code == 403
    assert client.get(reverse("admin:importers_importbatch_add")).status_code == 403


@pytest.mark.parametrize("role", ["sales", "support", ""])
def test_batches_are_for_managers_only(role):
    other = Client()
    other.force_login(MemberFactory(role=role))

    assert other.get(reverse("admin:importers_importbatch_changelist")).status_code in (302, 403)
