"""GET requests that no person sees record nothing, and no GET changes anything else."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from community.core import redis_client
from community.forum.models import ReadState
from community.members.services import visits
from community.notifications.models import Notification
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.support import url_patterns

pytestmark = pytest.mark.django_db

UNATTENDED = [
    {"Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Dest": "style"},
    {"Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
]
# What a person's GETs may write: what they searched for (what they read does not go through the wrapper below).
OF_PEOPLE = {"event", "events_recordedid", "notifications_notification"}
# Figures computed when somebody views them, and rows with defaults created when first needed.
DERIVED = {
    "SET",
    "account_emailaddress",
    "django_content_type",
    "django_session",
    "events_log",
    "forum_storedactivity",
    "journeys_ruleset",
    "journeys_storednumbers",
    "moderation_policy",
}
WRITE = re.compile(r"^\s*(?:WITH .*)?(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE | re.DOTALL)


@pytest.fixture
def topic():
    topic = TopicFactory(pk=1, category=CategoryFactory(slug="any"), author=MemberFactory(username="any"))
    PostFactory(topic=topic)
    return topic


@pytest.fixture
def written():
    """The tables that statements write to."""
    tables: set[str] = set()

    def note(execute, sql, params, many, context):
        if found := WRITE.search(sql):
            tables.add(found[2])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield tables


def addresses():
    for pattern in url_patterns():
        if "^" in pattern or "(?P" in pattern or pattern.startswith(("api/", "metrics", "readyz")):
            continue
        yield "/" + re.sub(r"<(?:\w+:)?\w+>", "any", re.sub(r"<int:\w+>", "1", pattern))


def noted() -> set[str]:
    kept = redis_client.client().keys(redis_client.key("*"))
    names = {key.decode() if isinstance(key, bytes) else key for key in kept}
    return {name for name in names if re.search("visit|forum:view|forum:read", name)}


@pytest.mark.parametrize("role", ["", "manager"])
def test_unattended_requests_record_nothing(topic, written, role):
    member = MemberFactory(role=role, username="looker")
    client = Client(raise_request_exception=False)
    client.force_login(member)
    visits._noted_until.clear()
    written.clear()

    for address in addresses():
        client.get(address, {"q": "packing"}, headers={"Sec-Purpose": "prefetch"})
        client.head(address, {"q": "packing"})
    for headers in UNATTENDED:
        for address in (topic.get_absolute_url(), "/search/?q=packing", "/"):
            client.get(address, headers=headers)

    assert written - DERIVED == set()
    assert not ReadState.objects.exists()
    assert noted() == set()


@pytest.mark.parametrize("role", ["", "manager"])
def test_pages_that_people_see_change_only_what_they_have_read(topic, written, role):
    client = Client(raise_request_exception=False)
    client.force_login(MemberFactory(role=role, username="looker"))
    written.clear()

    for address in addresses():
        client.get(address, {"q": "packing"})
    client.get(topic.get_absolute_url())

    assert "event" in written
    assert written - DERIVED <= OF_PEOPLE
    assert ReadState.objects.exists()
    assert noted() != set()


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, True),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}, True),
        ({"Sec-Fetch-Dest": "empty", "HX-Request": "true"}, True),
        *[(headers, False) for headers in UNATTENDED],
    ],
)
def test_only_people_read_topics_and_notifications(topic, headers, read):
    member = MemberFactory()
    client = Client()
    client.force_login(member)
    line = Notification.objects.create(
        member=member, kind="reply", subject_type="forum.post", subject_id=topic.posts.first().pk
    )

    client.get(topic.get_absolute_url(), headers=headers)
    client.get(reverse("notifications:notification-open", args=[line.pk]), headers=headers)

    line.refresh_from_db()
    assert (ReadState.objects.filter(member=member).exists(), line.read_at is not None) == (read, read)
