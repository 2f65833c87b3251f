"""Hostile URLs, query strings, cookies and forms never cause a server error."""

import re

import pytest
from django.test import Client

from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.support import url_patterns

pytestmark = pytest.mark.django_db

PARAMETERS = (
    "q",
    "page",
    "tab",
    "title",
    "category",
    "kind",
    "topic",
    "sort",
    "period",
    "after",
    "parent",
    "next",
    "band",
    "seen",
    "username",
    "display_name",
    "member",
    "state",
    "version",
)
HOSTILE = ("a\x00b\ud800'\"><%s\u202e", "9" * 30)
READERS = ("visitor", "member", "manager")
NOT_OURS = ("api/", "metrics", "readyz", "healthz")


def addresses(reader, *, text, number, need_arguments=False):
    """Yield every URL of the site with `text` and `number` as arguments; of the admin only if allowed."""
    for pattern in url_patterns():
        if pattern.startswith("admin/") and reader != "manager":
            continue
        if need_arguments and "<" not in pattern:
            continue
        if "^" in pattern or "(?P" in pattern or pattern.startswith(NOT_OURS):
            continue
        filled = re.sub(r"<int:\w+>", number, pattern)
        yield "/" + re.sub(r"<(?:\w+:)?\w+>", text, filled)


@pytest.fixture(autouse=True)
def _something_to_find():
    topic = TopicFactory(pk=1, category=CategoryFactory(slug="any"), author=MemberFactory(username="any"))
    assert topic.posts.exists()


def browser(reader):
    client = Client(raise_request_exception=False)
    if reader != "visitor":
        role = reader if reader != "member" else ""
        client.force_login(MemberFactory(role=role))
    return client


@pytest.mark.parametrize("reader", READERS)
def test_no_query_string_causes_a_server_error(reader):
    client = browser(reader)
    broken = []

    for address in addresses(reader, text="any", number="1"):
        for hostile in HOSTILE:
            query = dict.fromkeys(PARAMETERS, hostile.encode("utf-8", "surrogatepass"))
            if client.get(address, query).status_code == 500:
                broken.append((address, hostile[:10]))

    assert broken == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["a%00b%ED%A0%80", "9" * 5000])
def test_no_url_causes_a_server_error(reader, text):
    client = browser(reader)
    broken = []

    for address in addresses(reader, text=text, number="9" * 25, need_arguments=True):
        broken += [address[:80] for send in (client.get, client.post) if send(address).status_code == 500]

    assert broken == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("hostile", ["a\x00b", "9" * 25])
def test_no_form_causes_a_server_error(reader, hostile):
    client = browser(reader)
    fields = (
        *PARAMETERS,
        "source",
        "tags",
        "reason",
        "text",
        "value",
        "into",
        "posts",
        "to",
        "note",
        "until",
        "theme",
        "email",
        "login",
        "password",
        "password1",
        "bio",
        "location",
        "website",
        "stage",
        "mode",
        "act",
        "items",
        "take_action",
        "days",
        "rule",
        "name",
        "token",
        "code",
        "action",
    )
    broken = []

    for address in addresses(reader, text="any", number="1"):
        if client.post(address, dict.fromkeys(fields, hostile)).status_code == 500:
            broken.append(address)

    assert broken == []
