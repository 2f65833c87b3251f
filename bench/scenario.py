"""What is measured: a community imported from a data dump, and one member who is logged in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from gzip import compress
from pathlib import Path

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench.report import WorkRow
from community.events.models import Event
from community.forum.models import Topic
from community.members.models import Guidelines, Member


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    reader: str  # "anonymous" or "logged in"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def timed(what: str, unit: str, work: Callable[[], int]) -> WorkRow:
    started = time.perf_counter()
    count = work()
    return WorkRow(what, count, unit, time.perf_counter() - started)


def import_dump(folder: Path) -> list[WorkRow]:
    """Import the dump and let followers and engine catch up, timing each."""

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
    """The pages measured, for a visitor and for a member who is logged in."""
    topic = _longest_topics()[0]
    reading = {
        "topic": topic.get_absolute_url(),
        "latest": "/latest/",
        "search": "/search/?q=lager+temperature",
    }
    cookie = f"sessionid={_session(_member())}"
    rows = [Page(name, path, "anonymous") for name, path in reading.items()]
    rows += [Page(name, path, "logged in", {"Cookie": cookie}) for name, path in reading.items()]
    return [*rows, _reply(cookie)]


def _longest_topics() -> list[Topic]:
    """The two topics whose first page is fullest; a page holds 20 posts, with the comments under them."""
    return list(Topic.objects.published().order_by("-reply_count", "pk")[:2])


def _reply(cookie: str) -> Page:
    """Return a reply, different each time, to a topic that is not read in this run."""
    topic = _longest_topics()[1]
    token = "b" * 32
    return Page(
        "reply",
        reverse("forum:post-create", args=[topic.pk]),
        "logged in",
        {"Cookie": f"{cookie}; csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"},
        f"csrfmiddlewaretoken={token}&source=Keep+it+between+ten+and+twelve+degrees+for+three+weeks,+NUMBER.",
    )


def _member() -> Member:
    """Return a customer of long standing, whom no new-member limit holds."""
    member, _ = Member.objects.get_or_create(
        username="bench",
        defaults={
            "email": "bench@example.com",
            "display_name": "Bench",
            "claimed_at": timezone.now(),
            "customer_since": "2020-01-01",
            "guidelines": Guidelines.objects.in_force(),
            "guidelines_accepted_at": timezone.now(),
        },
    )
    return member


def _session(member: Member) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def cost(page: Page) -> dict[str, int]:
    """Return the SQL statements and the bytes of one warm request."""
    client = Client(
        headers={name.lower(): value for name, value in page.headers.items()} | {"host": "127.0.0.1"}
    )

    def ask(which: str) -> HttpResponse:
        if not page.body:
            return client.get(page.path)
        body = page.body.replace("NUMBER", f"warm+{which}")
        return client.post(page.path, body, content_type=page.headers["Content-Type"])

    ask("up")
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        response = ask("request")
    if response.status_code >= 400:
        raise LookupError(f"{page.path} answered {response.status_code}: {response.content[:2000].decode()}")
    return {
        "statements": len(statements),
        "bytes": len(response.content),
        "gzipped": len(compress(response.content)),
    }
