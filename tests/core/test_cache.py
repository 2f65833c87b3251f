"""With a Redis that refuses writes, pages can still be read and posts written."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from community.forum.models import Post
from community.members.models import Member
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

TEXT = "It works again after the boiler was descaled twice."


@pytest.fixture
def full_redis() -> Iterator[None]:
    """A Redis without free memory, which refuses writes with an OOM error."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


@pytest.mark.usefixtures("full_redis")
def test_redis_refuses_to_store_in_these_tests():
    with (
        redis.Redis.from_url(settings.REDIS_URL) as client,
        pytest.raises(redis.ResponseError, match="used memory"),
    ):
        client.set("any", 1)


def walk(client: Client, member: Member) -> dict[str, int]:
    """Read the main pages twice, since the first request may fill a cache and the second read it."""
    topic = PostFactory(topic__category__description="Machines").topic
    addresses = [
        "/",
        topic.get_absolute_url(),
        topic.category.get_absolute_url(),
        member.get_absolute_url(),
        "/latest/",
        "/top/",
        "/unanswered/",
        "/search/?q=boiler",
    ]
    return {address: client.get(address).status_code for address in addresses * 2}


@pytest.mark.usefixtures("full_redis")
@pytest.mark.parametrize("role", [None, "", "manager", "sales"])
def test_no_page_needs_redis_to_accept_writes(client: Client, role: str | None):
    member = MemberFactory(role=role or "")
    if role is not None:
        client.force_login(member)

    assert set(walk(client, member).values()) == {200}


@pytest.mark.usefixtures("full_redis")
def test_logging_in_and_posting_work_while_redis_refuses_writes(client: Client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    member, topic = MemberFactory(password="a long password"), TopicFactory()

    client.post(reverse("account_login"), {"login": member.email, "password": "a long password"})
    reply = client.post(reverse("forum:post-create", args=[topic.pk]), {"source": TEXT})

    assert reply.status_code == 302
    assert Post.objects.get(source=TEXT).author == member


def test_a_refused_write_leaves_nothing_stale(request: pytest.FixtureRequest):
    cache.set_many({"a": "old", "b": "old"})
    cache.set("c", 1)
    request.getfixturevalue("full_redis")

    cache.set("a", "new")
    cache.set_many({"b": "new"})

    assert cache.get_many(["a", "b", "c"]) == {"c": 1}
    assert (cache.add("d", 1), cache.incr("c"), cache.touch("c")) == (True, 0, True)


def test_the_cache_works_again_once_there_is_memory(request: pytest.FixtureRequest):
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        request.getfixturevalue("full_redis")
        cache.set("a", 1)
        client.config_set("maxmemory", 0)

    cache.set("b", 2)

    assert cache.get_many(["a", "b"]) == {"b": 2}
