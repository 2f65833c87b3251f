"""Redirects from old URLs to what the reader may see."""

import re

import pytest
from django.test import Client

from community.forum.models import Category, Topic
from community.importers.models import ImportBatch
from community.members.models import Member
from tests.factories.members import MemberFactory
from tests.importers.dumps import Dump
from tests.importers.test_imports import member, post, topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(dump, imported) -> Client:
    imported(dump)
    return Client()


def location(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 301
    return response["Location"]


@pytest.mark.parametrize(
    "address",
    ["/questions/10", "/questions/10/", "/questions/10/any-title", "/q/10", "/q/10/1", "/posts/10/revisions"],
)
def test_old_address_of_a_question(client, address):
    assert location(client, address) == topic().get_absolute_url()


@pytest.mark.parametrize("address", ["/a/11", "/a/11/2", "/questions/10/any-title/11", "/posts/11/edit"])
def test_old_address_of_an_answer(client, address):
    assert location(client, address) == post(11).get_absolute_url()


def test_old_address_of_an_answer_that_is_gone_leads_to_the_question(client):
    assert location(client, "/questions/10/any-title/999") == topic().get_absolute_url()


def test_old_address_of_a_comment(client):
    assert location(client, "/posts/comments/5") == post(5, "comment").get_absolute_url()


@pytest.mark.parametrize("address", ["/users/1", "/users/1/ann", "/users/1/ann?tab=profile"])
def test_old_address_of_a_user(client, address):
    assert location(client, address) == member(1).get_absolute_url()


def test_old_address_of_a_tag(client):
    assert location(client, "/questions/tagged/hops").endswith("/tags/hops/")


@pytest.mark.parametrize(
    "address",
    [
        "/questions/999",
        "/a/999",
        "/users/999",
        "/posts/comments/999",
        "/questions/tagged/none",
        "/questions/1234567890123456",
    ],
)
def test_unknown_old_addresses_are_not_found(client, address):
    assert client.get(address).status_code == 404


def test_old_addresses_lead_to_pages_that_are_there(client):
    for address in ("/questions/10/x", "/users/1/ann", "/questions/tagged/hops"):
        assert client.get(location(client, address)).status_code == 200
    assert client.get(location(client, "/a/11"), follow=True).status_code == 200


@pytest.mark.parametrize(
    "address", ["/questions/10/x", "/a/11", "/posts/comments/5", "/questions/tagged/hops"]
)
def test_old_addresses_give_away_nothing_private(client, address):
    Category.objects.update(see_by=Category.Audience.GROUPS)

    assert client.get(address).status_code == 404
    insider = Client()
    insider.force_login(MemberFactory(role="manager"))
    assert insider.get(address).status_code == 301


def test_old_addresses_of_hidden_topics_are_not_found(client):
    Topic.objects.update(status=Topic.Status.HIDDEN)

    assert client.get("/questions/10").status_code == 404


def test_old_addresses_take_get_only(client):
    assert client.post("/questions/10").status_code == 405
    assert client.head("/questions/10").status_code == 301


def test_topic_page_says_where_its_posts_come_from(client):
    html = client.get(topic().get_absolute_url()).content.decode()

    assert 'href="https://beer.example.com/q/10"' in html
    assert 'href="https://beer.example.com/q/11"' in html
    assert 'href="https://creativecommons.org/licenses/by-sa/4.0/"' in html
    assert "Gone Girl" in html


def test_old_address_does_not_name_who_is_no_longer_shown(client):
    Member.objects.filter(pk=member(1).pk).update(is_active=False)

    assert client.get("/users/1/ann").status_code == 404


@pytest.fixture
def two_sites(tmp_path, dump, imported) -> Client:
    """Two sites: the second has a different question 10 and user 1, and no question 20 or answer 11."""
    imported(dump)
    other = Dump(tmp_path / "wine").user(1, DisplayName="Zoe").question(10, Title="Which glass?")
    batch = imported(other, name="wine", site="wine.example.com")
    ImportBatch.objects.filter(pk=batch.pk).update(hosts=["wine.example.com", "vino.example.com"])
    return Client()


def choices(client: Client, address: str, **headers) -> list[str]:
    """Return the links on the page at this address, where the reader has to choose."""
    response = client.get(address, **headers)
    assert response.status_code == 300
    assert "no-cache" in response["Cache-Control"]
    return re.findall(r'<a href="(/[tpu]/[^"]*)" dir="auto">', response.content.decode().split("</h1>")[1])


@pytest.mark.parametrize(
    "address", ["/questions/10", "/q/10/1", "/questions/10/neither", "/posts/10/revisions"]
)
def test_an_address_of_two_sites_offers_both(two_sites, address):
    pages = [topic().get_absolute_url(), topic("Which glass?").get_absolute_url()]

    assert choices(two_sites, address) == pages


def test_an_address_of_two_users_offers_both(two_sites):
    assert len(choices(two_sites, "/users/1")) == 2


@pytest.mark.parametrize(
    ("address", "host", "title"),
    [
        ("/questions/10/which-glass", "testserver", "Which glass?"),
        ("/questions/10/question-10", "testserver", "Question 10?"),
        ("/q/20", "testserver", "Question 20?"),
        ("/q/10", "beer.example.com", "Question 10?"),
        ("/q/10", "VINO.example.com:443", "Which glass?"),
    ],
)
def test_the_title_the_id_or_the_host_tells_which_site_is_meant(two_sites, settings, address, host, title):
    settings.ALLOWED_HOSTS = ["*"]

    response = two_sites.get(address, headers={"host": host})

    assert (response.status_code, response["Location"]) == (301, topic(title).get_absolute_url())


def test_an_address_that_the_site_of_the_host_never_had_is_not_found(two_sites, settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert two_sites.get("/q/20", headers={"host": "wine.example.com"}).status_code == 404


def test_an_address_of_two_sites_never_becomes_permanent_because_one_page_is_hidden(two_sites):
    Topic.objects.filter(title="Which glass?").update(status=Topic.Status.HIDDEN)

    assert choices(two_sites, "/q/10") == [topic().get_absolute_url()]


def test_the_report_counts_ids_shared_by_two_sites(two_sites):
    remarks = ImportBatch.objects.get(name="wine").report["remarks"]

    assert (
        sum(
            remark.startswith("Posts and users with the same id as one from another site: 2.")
            for remark in remarks
        )
        == 1
    )
