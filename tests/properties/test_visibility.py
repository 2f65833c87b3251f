"""No page shows content that its reader may not see: every URL, every kind of reader.

The expectations are written out, deliberately without `visible_to`. A URL that is not visited here must be listed
in NOT_WALKED with a reason, so that a new page cannot be forgotten.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.forum.models import Category, Post, Topic
from community.forum.services import posts, tags, topics
from community.importers.models import ImportBatch, ImportedRow
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.support import url_patterns

pytestmark = pytest.mark.django_db

EVERYONE = {"visitor", "member", "insider", "author", "sales", "support", "product", "moderator", "manager"}
SIGNED_IN = EVERYONE - {"visitor"}
MODERATORS = {"moderator", "manager"}
TEAM = {"sales", "support", "product"} | MODERATORS
INSIDERS = {"insider"} | MODERATORS
READERS = sorted(EVERYONE)

# URLs without content: actions (POST only), own settings, endpoints for machines, files.
NOT_WALKED = {
    "healthz",
    "readyz",
    "metrics",
    "media/<path:path>",
    "theme/",
    "brand-<colour:colour>.css",
    "guidelines/",
    "guidelines/accept/",
    "me/settings/",
    "u/<str:username>/invite/",
    "invitation/<str:token>/",
    "journeys/rules/",
    "journeys/members/<username>/override/",
    "journeys/members/<username>/override/clear/",
}

# URLs of Django and allauth; old URLs are in OLD; the API has tests of its own.
NOT_OURS = ("admin/", "accounts/", "api/", "^(?:questions", "^posts/comments", "^users/", "^questions/")

# Usernames of people whom only some may see.
PEOPLE = {"hiddenperson": TEAM}
# URLs of imported sites, by kind of what they lead to. Two sites had them, of which only one is known by its host.
OLD = {"post": "a/{}", "user": "users/{}"}
OLD_HOST = "forum.before.example"


@dataclass
class World:
    """Content in every state, each piece with a unique word and the readers who may see it."""

    secrets: dict[str, set[str]] = field(default_factory=dict)
    topics: list[Topic] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    readers: dict[str, object] = field(default_factory=dict)

    @property
    def imported(self) -> dict[str, list]:
        return {"post": self.posts, "user": list(self.readers.values())}

    def words(self, word: str, readers: set[str]) -> str:
        self.secrets[word] = readers
        return f"marzipan and @member about {word} and nougat"

    def topic(self, word: str, category: Category, readers: set[str], *, kind: str = "discussion") -> Topic:
        topic = topics.create(
            category,
            author=self.readers["author"],
            kind=kind,
            title=self.words(f"{word}title", readers),
            source=self.words(f"{word}opening", readers),
            tags=[f"{word}tag"],
            screen=False,
        )
        self.secrets[f"{word}tag"] = readers
        self.topics.append(topic)
        self.posts.append(topic.posts.get())
        return topic

    def post(self, word: str, topic: Topic, readers: set[str], **more: object) -> Post:
        post = posts.create(
            topic, author=self.readers["author"], source=self.words(word, readers), screen=False, **more
        )
        self.posts.append(post)
        return post


@pytest.fixture(scope="module")
def world(module_db):
    world = World()
    insiders = Group.objects.create(name="insiders")
    for name in SIGNED_IN:
        role = name if name in MODERATORS | {"sales", "support", "product"} else ""
        world.readers[name] = MemberFactory(
            username=name, role=role, groups=[insiders] if name == "insider" else []
        )
    open_one = CategoryFactory(name="Openplace", slug="openplace")
    members_only = CategoryFactory(name="Membersplace", slug="membersplace", see_by="members")
    private = CategoryFactory(name="Privateplace", slug="privateplace", groups=[insiders])
    inner = CategoryFactory(name="Innerplace", slug="innerplace", parent=private)
    prospect = CategoryFactory(name="Prospectplace", slug="prospectplace", kind="prospect", groups=[insiders])
    world.categories = [open_one, members_only, private, inner, prospect]
    world.secrets |= {
        "Membersplace": SIGNED_IN,
        "Privateplace": INSIDERS,
        "Innerplace": INSIDERS,
        "Prospectplace": INSIDERS,
    }

    seen = world.topic("openly", open_one, EVERYONE, kind="question")
    world.post("answeredly", seen, EVERYONE, kind="answer")
    for status, readers in (
        ("pending", MODERATORS | {"author"}),
        ("hidden", MODERATORS | {"author"}),
        ("deleted", MODERATORS),
    ):
        _put(world.post(f"{status}reply", seen, readers), status, world)
        under = world.post(f"{status}answer", seen, readers, kind="answer")
        world.post(f"{status}comment", seen, MODERATORS | {"author"}, parent=under, kind="comment")
        _put(under, "pending", world)
        if status != "pending":
            _put(under, status, world)
        _put(world.topic(f"{status}topic", open_one, readers).posts.get(), status, world)
    world.post("membersreply", world.topic("members", members_only, SIGNED_IN), SIGNED_IN)
    world.post("privatereply", world.topic("private", private, INSIDERS, kind="question"), INSIDERS)
    world.topic("inner", inner, INSIDERS, kind="idea")
    world.readers["hiddenperson"] = MemberFactory(username="hiddenperson", is_private=True)
    world.topic("prospecting", prospect, INSIDERS, kind="question")
    _import_as_before(world)
    call_command("follow", verbosity=0)
    call_command("journeys_drain", verbosity=0)
    return world


def _put(post: Post, status: str, world: World) -> None:
    moderator = world.readers["moderator"]
    if status == "deleted":
        posts.delete(post, actor=moderator, reason="a reason")
    elif status == "hidden":
        posts.hide(post, actor=moderator, reason="a reason")
    else:
        Post.objects.filter(pk=post.pk).update(status="pending")
        if post.is_opening:
            Topic.objects.filter(pk=post.topic_id).update(status="pending")
            tags.assign(post.topic, [f"{status}topictag"])


def _import_as_before(world: World) -> None:
    """Record everything as imported from two sites, which gave it the same ids."""
    for site, hosts in (("before", [OLD_HOST]), ("elsewhere", [])):
        batch = ImportBatch.objects.create(name=site, site=site, hosts=hosts, folder=site, fingerprint=site)
        ImportedRow.objects.bulk_create(
            ImportedRow(batch=batch, site=site, kind=kind, source_id=number, target_id=one.pk)
            for kind, found in world.imported.items()
            for number, one in enumerate(found if site == "before" else found[::-1], start=1)
        )


class Address(NamedTuple):
    """A path with its host name, and the URL pattern that it was made of."""

    path: str
    host: str = "testserver"
    pattern: str = ""


def addresses(world: World) -> Iterator[Address]:
    """Yield every address, for every matching object of the world."""
    for pattern, path in paths(world):
        yield Address(path, pattern=pattern)
    for host in ("testserver", OLD_HOST):
        for kind, found in world.imported.items():
            for number in range(1, len(found) + 1):
                yield Address(f"/{OLD[kind].format(number)}", host)
    tagged = (word for word in world.secrets if word.endswith("tag"))
    yield from (Address(f"/questions/tagged/{word}", OLD_HOST) for word in tagged)


def paths(world: World) -> Iterator[tuple[str, str]]:
    """Yield every URL pattern and path, for every matching object of the world."""
    values = {
        "topic_id": [topic.pk for topic in world.topics],
        "post_id": [post.pk for post in world.posts],
        "username": list(world.readers),
        "tags/": [word for word in world.secrets if word.endswith("tag")],
        "badges/": ["first-question", "first-topic", "first-reply"],
        "c/": [category.slug for category in world.categories],
        "section": [f"topics-{timezone.now():%Y-%m}", "categories"],
    }
    query = {
        "search/": "?q=marzipan",
        "new/similar/": "?title=marzipan+nougat+about",
        "new/mentions/": "?q=a",
    }
    for pattern in url_patterns():
        if pattern in NOT_WALKED or pattern.startswith(NOT_OURS):
            continue
        parameter = re.search(r"<(?:\w+:)?(\w+)>", pattern)
        if parameter is None:
            yield pattern, f"/{pattern}{query.get(pattern, '')}"
            continue
        which = re.match(r"[a-z]+/", pattern)[0] if parameter[1] == "slug" else parameter[1]
        for value in values.get(which, [1]):
            yield pattern, "/" + pattern.replace(parameter[0], str(value)).replace("<slug:slug>", "any")


def walk(
    world: World, ask: Callable[[Address], list[HttpResponse]]
) -> Iterator[tuple[Address, list[HttpResponse]]]:
    """Yield each address of the world once with its responses, then those that these redirect to.

    Of the URLs that are for forms only, one is enough: no object is looked up.
    """
    waiting, seen, forms = deque(addresses(world)), set(), set()
    while waiting:
        address = waiting.popleft()
        if address.pattern in forms or address[:2] in seen:
            continue
        seen.add(address[:2])
        responses = ask(address)
        yield address, responses
        if all(response.status_code == HTTPStatus.METHOD_NOT_ALLOWED for response in responses):
            forms.add(address.pattern)
        for response in responses:
            if "Location" in response and not _asks_to_log_in(response):
                target = urlsplit(response["Location"])
                waiting.append(Address(f"{target.path}?{target.query}".rstrip("?")))


def _asks_to_log_in(response: HttpResponse) -> bool:
    return response.get("Location", "").startswith("/accounts/login/")


def shown(response: HttpResponse) -> bytes:
    """Return the page or where it redirects to, unless it is to log in: that repeats what was requested."""
    body = b"".join(response) if response.streaming else response.content
    return body + (b"" if _asks_to_log_in(response) else response.get("Location", "").encode())


def leaked(words: Iterable[bytes], response: HttpResponse, address: Address) -> list[bytes]:
    """Return the words that a response shows; a page that is not found may repeat what was requested."""
    content, asked = (
        shown(response),
        address.path.encode() if response.status_code == HTTPStatus.NOT_FOUND else b"",
    )
    return [word for word in words if word in content and word not in asked]


def client_of(world: World, reader: str) -> Client:
    client = Client()
    if reader != "visitor":
        client.force_login(world.readers[reader])
    return client


def forbidden_to(world: World, reader: str) -> list[bytes]:
    """Return the words that the reader must not see."""
    return [word.encode() for word, readers in (world.secrets | PEOPLE).items() if reader not in readers]


@pytest.mark.parametrize("reader", READERS)
def test_no_page_shows_what_its_reader_may_not_see(world, reader):
    client, forbidden = client_of(world, reader), forbidden_to(world, reader)
    leaks, walked = [], 0

    def ask(address: Address) -> list[HttpResponse]:
        cache.clear()
        return [client.get(address.path, HTTP_HOST=address.host)]

    for address, (response,) in walk(world, ask):
        walked += response.status_code == 200
        leaks += [(address, word) for word in leaked(forbidden, response, address)]

    assert leaks == []
    assert walked > 15


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_what_they_may_see(world, reader):
    client = client_of(world, reader)
    pages = {
        topic.pk: client.get(reverse("forum:topic-detail", args=[topic.pk, topic.slug])).content.decode()
        for topic in world.topics
    }

    everything = "".join(pages.values())
    missing = [
        word for word, readers in world.secrets.items() if reader in readers and word not in everything
    ]

    assert missing == []


# Who might get a cached page of whom: every pair, in which the first may see something that the second may not.
SHARING = ("moderator", "insider", "author", "insider", "member", "visitor")


def test_cached_page_shows_nobody_what_they_may_not_see(world):
    """Whoever the cached page was rendered for, and whoever requests it next."""
    clients = {name: client_of(world, name) for name in SHARING}
    forbidden = {name: forbidden_to(world, name) for name in SHARING}
    leaks = []

    def ask(address: Address) -> list[HttpResponse]:
        return [clients[name].get(address.path, HTTP_HOST=address.host) for name in SHARING]

    for address, responses in walk(world, ask):
        for name, response in zip(SHARING, responses, strict=True):
            leaks += [(address, name, word) for word in leaked(forbidden[name], response, address)]

    assert leaks == []


def test_every_url_is_tested_or_exempt():
    known = set(url_patterns())

    assert known >= NOT_WALKED
