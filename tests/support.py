"""Helpers shared by several tests."""

import json
import os
import re
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import URLResolver, get_resolver

from community.core import redis_client
from community.core.middleware import ACCOUNT_PATHS


class Browser(Client):
    """A client that sends forms on account pages as browsers do; Django's sends everything as multipart."""

    def post(self, path: str, data: Any = None, content_type: str = MULTIPART_CONTENT, **extra: Any) -> Any:
        if content_type == MULTIPART_CONTENT and urlsplit(str(path)).path.startswith(ACCOUNT_PATHS):
            data = urlencode(data or {}, doseq=True)
            content_type = "application/x-www-form-urlencoded"
        return super().post(path, data, content_type, **extra)


def reauthenticate(client: Client) -> None:
    """Mark the client's member as having just reauthenticated."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


def random_members(usual: int) -> int:
    """Return how many random members a property is tested with: `usual`, or PROPERTY_MEMBERS if that is more."""
    return max(usual, int(os.environ.get("PROPERTY_MEMBERS", usual)))


def eventually(holds: Callable[[], object], *, seconds: float = 20) -> None:
    """Poll until `holds()` is true; fail after `seconds`. For the effects of another process."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.1)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Run `work` in a thread with its own database connections."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def backends_waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


@contextmanager
def right_after(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Run `act` once, after the first matching statement; simulates a concurrent change."""
    left = [act]

    def wrapper(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if left and statement in sql:
            left.pop()()
        return answer

    with connection.execute_wrapper(wrapper):
        yield
    assert not left, f"nothing like {statement} was asked"


def data_file(name: str) -> Path:
    """Return a file in the folder that TEST_DATA names; skip the test if it is not there."""
    folder = os.environ.get("TEST_DATA", "")
    path = Path(folder, name)
    if not folder or not path.exists():
        pytest.skip(f"{name} is not in the folder TEST_DATA ({folder or 'not set'})")
    return path


@cache
def _corpora(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def corpus(name: str) -> Any:
    """Return a JSON file of the text corpora; skip the test without them."""
    return json.loads(_corpora(data_file("text-corpora.tar.xz"))[f"text-corpora/{name}"])


def url_patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield every URL pattern in full."""
    for pattern in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from url_patterns(pattern, whole)
        else:
            yield whole


def is_marked(name: str) -> bool:
    return bool(redis_client.client().exists(redis_client.key(name)))


def with_line_feeds(text: str) -> str:
    """Return the text as forms store it: every kind of line end as LF."""
    return "\n".join(re.split("\r\n|[\r\v\f\x85\u2028\u2029]", text))
