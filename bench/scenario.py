"""The measured requests: pages by kind of reader, a reply, and background work."""

from __future__ import annotations

import os
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from gzip import compress
from pathlib import Path

from django.contrib.postgres.search import SearchQuery
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bench import people
from bench.load import Request
from bench.report import WorkRow
from bench.servers import Server
from bench.texts import by_power_law
from community.events.models import Event
from community.forum.models import Category, Post, Topic
from community.members.models import Member
from community.prospects.models import DeskQuestion

READERS = 50  # who alternate in a cold burst
SAMPLES = 5
RUN = f"{time.time():.0f}"
TOPIC = re.compile(r"/t/(\d+)/")


@dataclass(frozen=True)
class Page:
    """A page for one kind of reader; `request(n)` varies topic and reader with n."""

    name: str
    reader: str
    request: Callable[[int], Request]
    min_ratio: float = 0.0  # target, cold
    max_statements: int = 0
    max_ms: float = 0.0

    @property
    def is_read(self) -> bool:
        return not self.request(0).body

    def warm(self) -> Request:
        """Return the request that is repeated in a warm burst."""
        request = self.request(0)
        return Request(re.sub(r"[?&]sort=[^&]*$", "", request.path), request.cookie)


def timed(what: str, unit: str, work: Callable[[], int]) -> WorkRow:
    """Do the work in this process, and measure it with PostgreSQL's part for this process's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        processes = [Server("", os.getpid()), Server("", cursor.fetchone()[0])]
    started, used = time.perf_counter(), sum(process.cpu_seconds() for process in processes)
    count = work()
    used = sum(process.cpu_seconds() for process in processes) - used
    return WorkRow(what, count, unit, time.perf_counter() - started, used)


def import_dump(folder: Path) -> list[WorkRow]:
    """Import the dump and run the followers and the engine, timing each."""

    def imported() -> int:
        call_command("import_stackexchange", str(folder), batch="bench", verbosity=0)
        return Event.objects.count()

    def followed() -> int:
        call_command("follow", verbosity=0)
        return Event.objects.count()

    def drained() -> int:
        call_command("journeys_drain", verbosity=0)
        return _member_days()

    def replayed() -> int:
        call_command("journeys_replay", check=True, verbosity=0)
        return _member_days()

    return [
        timed("import", "events", imported),
        timed("follow", "events", followed),
        timed("drain", "member-days", drained),
        timed("replay and compare", "member-days", replayed),
    ]


def _member_days() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT DISTINCT member_id, day FROM member_day) days")
        return int(cursor.fetchone()[0])


def pages() -> list[Page]:
    """Return the pages, for each kind of reader who may see them."""
    readers = {
        "visitor": [""],
        "member": [people.cookie_of(member) for member in people.members()[:READERS]],
        "asker": [],
        "salesperson": [people.cookie_of(member) for member in people.sales()],
        "manager": [people.cookie_of(member) for member in people.managers()],
    }
    topics, own = _topics(), _own_topics()
    readers["asker"] = list(dict.fromkeys(cookie for _, cookie in own))
    rare, common = _words()
    rows = [
        Page("topic", reader, _turns(own if reader == "asker" else _paired(topics, cookies)), 0.20, most)
        for reader, cookies in readers.items()
        for most in [11 if reader in ("salesperson", "manager") else 9]
    ]
    for name, paths, only, least, max_ms in (
        ("full topic", _full_topics(), ("visitor", "member"), 0.0, 0.0),
        ("page 1 of the longest topic", [_longest(1)], ("member",), 0.0, 0.0),
        ("its last full page", [_longest(_last_page())], ("member",), 0.0, 0.0),
        ("latest", ["/latest/"], tuple(readers), 0.25, 0.0),
        ("home", ["/"], tuple(readers), 0.25, 0.0),
        ("search, rare word", rare, tuple(readers), 0.15, 0.0),
        ("search, common word", common, ("visitor", "member", "manager"), 0.0, 60.0),
        ("desk", ["/desk/"], ("salesperson", "manager"), 0.10, 0.0),
        ("journeys", ["/journeys/"], ("salesperson", "manager"), 0.10, 0.0),
    ):
        rows += [
            Page(name, reader, _turns(_paired(paths, readers[reader])), least, max_ms=max_ms)
            for reader in only
        ]
    return [*rows, Page("reply", "member", _replies(topics), 0.10)]


def _turns(pairs: Sequence[tuple[str, str]]) -> Callable[[int], Request]:
    """Return a function from numbers to requests; every URL is unique, so that page caches miss."""

    def request(number: int) -> Request:
        path, cookie = pairs[number % len(pairs)]
        # One of `page_cache.PARAMETERS`, with a value that every page ignores.
        mark = f"{'&' if '?' in path else '?'}sort={RUN}-{number}"
        return Request(path + mark, cookie, address=_address(number))

    return request


def _paired(paths: Sequence[str], cookies: Sequence[str]) -> list[tuple[str, str]]:
    """Pair paths with readers in turn, so that a path is read by several readers."""
    rounds = 1 if len(paths) > len(cookies) else -(-len(cookies) // len(paths))
    return [(path, cookies[n % len(cookies)]) for n, path in enumerate([*paths] * rounds)]


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _replies(topics: Sequence[str]) -> Callable[[int], Request]:
    """Return a function from numbers to replies; all different, by each member in turn, to each topic in turn."""
    cookies = [people.cookie_of(member) for member in people.members()]

    def request(number: int) -> Request:
        return reply(topics[number % len(topics)], cookies[number % len(cookies)], number)

    return request


def reply(topic: str, cookie: str, number: int) -> Request:
    found = TOPIC.match(topic)
    body = (
        f"csrfmiddlewaretoken={people.TOKEN}"
        f"&source=Keep+it+between+ten+and+twelve+degrees+for+three+weeks,+{RUN}-{number}."
    )
    path = reverse("forum:post-create", args=[int(found[1]) if found else 0])
    return Request(path, cookie, body, status=302, address=_address(number))


def _open_topics() -> list[Topic]:
    """Return the topics that everybody may read and members may reply to, shuffled."""
    everyone = Category.Audience.EVERYONE
    topics = list(
        Topic.objects.published()
        .filter(category__see_by=everyone, category__is_archived=False, closed_at=None)
        .exclude(category__kind=Category.Kind.PROSPECT)
        .order_by("pk")
        .only("pk", "slug", "reply_count", "author_id")
    )
    random.Random(5).shuffle(topics)  # noqa: S311
    return topics


def _topics() -> list[str]:
    return [topic.get_absolute_url() for topic in _open_topics()]


def _full_topics() -> list[str]:
    """Return the tenth of the topics with the most replies."""
    topics = sorted(_open_topics(), key=lambda topic: -topic.reply_count)
    return [topic.get_absolute_url() for topic in topics[: max(len(topics) // 10, 10)]]


def _own_topics() -> list[tuple[str, str]]:
    """Return the topics of the 50 members with the most topics, each with its author's cookie."""
    topics = _open_topics()
    askers = Member.objects.exclude_team().filter(topics__in=[topic.pk for topic in topics])
    most = askers.annotate(n=Count("topics")).order_by("-n", "pk")[:READERS]
    cookies = {member.pk: people.cookie_of(member) for member in most}
    return [
        (topic.get_absolute_url(), cookies[topic.author_id]) for topic in topics if topic.author_id in cookies
    ]


def _longest(page: int) -> str:
    topic = Topic.objects.published().order_by("-reply_count", "pk").first()
    return f"{topic.get_absolute_url()}?page={page}" if topic else "/"


def _last_page() -> int:
    """Return the number of the last full page of the longest topic, at 20 posts per page."""
    return max(
        1, Topic.objects.published().order_by("-reply_count").values_list("reply_count", flat=True)[0] // 20
    )


def _words() -> tuple[list[str], list[str]]:
    """Return searches for words in one or two posts, and for words in 10 to 30 percent of posts.

    Stems that stem to something else are left out, because searching for them finds nothing.
    """
    step = max(1, Post.objects.count() // 4_000)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ndoc::float / (SELECT count(*) FROM forum_post WHERE id %% %s = 0) FROM ts_stat(%s)"
            " WHERE word ~ '^[a-z]{4,}$' AND to_tsquery('english', word)::text = quote_literal(word) ORDER BY ndoc, word",
            [step, f"SELECT search FROM forum_post WHERE id % {step} = 0"],  # noqa: S608
        )
        found = cursor.fetchall()
    least = found[0][1]
    rare = [word for word, share in found if share <= least]
    random.Random(5).shuffle(rare)  # noqa: S311
    rare = [
        word
        for word in rare[:4_000]
        if Post.objects.filter(search=SearchQuery(word, config="english")).count() < 3
    ]
    common = [word for word, share in found if 0.1 <= share <= 0.3]
    return [f"/search/?q={word}" for word in rare[:2_000]], [f"/search/?q={word}" for word in common[:50]]


def mixed(*, count: int, seed: int = 3) -> list[tuple[str, Request]]:
    """Return the requests of 200 members: 80 % read a topic, 10 % a list or home, 10 % reply."""
    chance = random.Random(seed)  # noqa: S311
    topics, cookies = _topics(), [people.cookie_of(member) for member in people.members()]
    weights = by_power_law(len(topics))
    requests: list[tuple[str, Request]] = []
    replies = 0
    for number in range(count):
        cookie, topic = cookies[number % len(cookies)], chance.choices(topics, cum_weights=weights)[0]
        if number % 10 == 0:
            # Replies rotate on their own, so that a member replies again only after all others.
            requests.append(("reply", reply(topic, cookies[replies % len(cookies)], 10**11 + number)))
            replies += 1
        elif number % 10 == 5:
            requests.append(
                ("read", Request(chance.choice(("/latest/", "/")), cookie, address=_address(number)))
            )
        else:
            requests.append(("read", Request(topic, cookie, address=_address(number))))
    return requests


def data_set(name: str) -> str:
    return (
        f"{name}: {Member.objects.count():,} members, {Topic.objects.count():,} topics, {Post.objects.count():,} "
        f"posts, {DeskQuestion.objects.open().count()} questions waiting at the desk"
    )


@dataclass(frozen=True)
class Cost:
    """The cost of a page other than time: median sizes and maximum numbers of statements over a few topics."""

    statements: int
    statements_warm: int
    bytes: int
    gzipped: int
    bytes_without_posts: int


def cost(page: Page) -> Cost:
    """Return the number of SQL statements of cold and warm requests, and the sizes in bytes."""
    cache.clear()
    cold, warm, sizes = [], [], []
    for number in range(SAMPLES):
        request = page.request(10**10 + number)
        client = Client(
            headers={"host": "127.0.0.1", "cookie": request.cookie, "x-forwarded-for": request.address}
        )
        _answer(client, page.request(10**10 + number + SAMPLES), request.cookie)  # warms up the session
        response, statements = _counted(client, request)
        cold.append(statements)
        warm.append(_counted(client, request)[1] if page.is_read else 0)
        content = response.content
        sizes.append((len(content), len(compress(content)), len(content) - _stored(request.path, content)))
    middle = [int(statistics.median(column)) for column in zip(*sizes, strict=True)]
    return Cost(max(cold), max(warm), *middle)


def _answer(client: Client, request: Request, cookie: str) -> HttpResponse:
    if request.body:
        response = client.post(request.path, request.body, content_type="application/x-www-form-urlencoded")
    else:
        response = client.get(request.path)
    if response.status_code != request.status:
        raise LookupError(
            f"{request.path} answered {response.status_code}: {response.content[:2000].decode()}"
        )
    if cookie and not response.wsgi_request.user.is_authenticated:
        raise LookupError(f"{request.path}: the session of the reader is not known")
    return response  # type: ignore[no-any-return]


def _counted(client: Client, request: Request) -> tuple[HttpResponse, int]:
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        response = _answer(client, request, request.cookie)
    return response, len(statements)


def _stored(path: str, content: bytes) -> int:
    """Return how many bytes of a topic's page are the stored HTML of its posts."""
    found = TOPIC.match(path)
    if not found:
        return 0
    bodies = Post.objects.filter(topic=int(found[1])).values_list("html", flat=True)
    return sum(len(body.encode()) for body in bodies if body.encode().strip() in content)
