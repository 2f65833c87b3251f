"""Middleware: the member's time zone, and visits."""

import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from community.core import redis_client
from community.events.models import Event
from community.members.services import visits
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_visits():
    redis_client.client().delete(redis_client.key(visits.VISITS))


def noted():
    return [json.loads(row) for row in redis_client.client().lrange(redis_client.key(visits.VISITS), 0, -1)]


def test_a_visit_is_noted_with_its_path(client):
    member = MemberFactory()
    client.force_login(member)

    client.get("/latest/")

    ((member_id, _, url),) = noted()
    assert (member_id, url) == (member.pk, "/latest/")


def test_a_second_page_within_minutes_is_the_same_visit(client):
    client.force_login(MemberFactory())

    for address in ("/latest/", "/hot/", "/top/"):
        client.get(address)

    assert len(noted()) == 1


def test_a_visitor_is_not_noted(client):
    client.get("/latest/")

    assert noted() == []


def test_a_visitor_without_a_cookie_needs_no_session(client):
    request = client.get("/latest/").wsgi_request

    assert type(request.user) is AnonymousUser
    assert not request.session.accessed


@pytest.mark.parametrize("address", ["/no/such/page/", "/admin/"])
def test_an_error_page_is_not_a_visit(client, address):
    client.force_login(MemberFactory())

    client.get(address)

    assert noted() == []


def test_a_post_request_is_not_a_visit(client):
    client.force_login(MemberFactory())

    client.post(reverse("notifications:notifications-read"))

    assert noted() == []


def test_a_visit_does_not_store_the_query_string(client):
    client.force_login(MemberFactory())

    client.get("/search/", {"q": "my private question"})

    assert [url for _, _, url in noted()] == ["/search/"]


def test_write_visits_of_a_deleted_member_writes_nothing(client):
    member = MemberFactory()
    client.force_login(member)
    client.get("/latest/")
    member.delete()

    assert visits.write_visits() == 1
    assert not Event.objects.filter(name="visit.day").exists()


def test_write_visits_keeps_the_latest_time(client):
    member = MemberFactory(last_seen_at=None)
    client.force_login(member)
    client.get("/latest/")

    visits.write_visits()

    member.refresh_from_db()
    assert member.last_seen_at is not None
    assert Event.objects.get(name="visit.day").props == {"first_url": "/latest/"}


@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_log_out_clears_the_browser(client, log_in, address):
    log_in(role="manager")

    assert "Clear-Site-Data" not in client.get("/latest/").headers
    assert client.post(address)["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/latest/").headers
