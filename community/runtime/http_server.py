"""Waitress, extended with deadlines for requests and responses, a limit on visitors' threads, and draining.

One loop reads and writes all connections, and a few threads run the application. So a slow client occupies a
socket, but not a thread.
"""

from __future__ import annotations

import io
import json
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from prometheus_client import Counter
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from community.api.middleware import SENTENCES as api_sentences
from community.api.middleware import is_api
from community.core import page_cache, sessions
from community.core.middleware import ACCOUNT_PATHS, REFUSED, UNLIMITED_PATHS

from .task_queue import ACCOUNT, LIMITED, MEMBER, OTHER, VISITOR, Dispatcher

# The deadline of a request or response; extended in proportion to the bytes transferred.
REQUEST_SECONDS = float(os.environ.get("REQUEST_SECONDS", "30"))
MIN_BYTES_PER_SECOND = 16_000
CHECK_SECONDS = 0.5
# How long requests in progress may take after the process was asked to stop.
GRACE_SECONDS = 10
# Then, connections without a request for so long are closed.
QUIET_SECONDS = 1
# With more connections than this, the loop sleeps between its iterations, because each one polls all of them.
MANY_CONNECTIONS = 200
REST_SECONDS_PER_CONNECTION = 5e-6

SENTENCES = {
    400: "The server could not understand this request.",
    408: "The request took too long to arrive. Check your connection and try again.",
    413: "This is more than the site accepts at once (10 MB). Go back and send less.",
    431: "The request's headers are too large. Clear the cookies of this site and try again.",
}

# Longer addresses and cookies are not looked up in the page cache.
MAX_CACHED_BYTES = 2_000

_SESSION_COOKIE = re.compile(rf"(?:^|;)\s*{re.escape(settings.SESSION_COOKIE_NAME)}\s*=([^;]*)")

REFUSALS = Counter(
    "http_requests_refused", "Visitors' requests answered with 503 because too many were waiting"
)


class Answer(NamedTuple):
    """A response without its status."""

    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def text(cls, sentence: str) -> Answer:
        return cls([("Content-Type", "text/plain; charset=utf-8")], f"{sentence}\n".encode())

    @classmethod
    def json(cls, sentence: str) -> Answer:
        return cls([("Content-Type", "application/json")], json.dumps({"detail": sentence}).encode())


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Busy(Error):
    code = 503
    reason = "Service Unavailable"


class Refusal(ErrorTask):
    """The response to a request that does not reach the application, with our own wording."""

    def execute(self) -> None:
        error = self.request.error
        if is_api(_path_of(self.request)):
            sentence = api_sentences.get(error.code) or SENTENCES.get(error.code, error.reason)
            headers, body = Answer.json(sentence)
        elif isinstance(error, Busy):
            headers, body = self.channel.server.busy
        else:
            headers, body = Answer.text(SENTENCES.get(error.code, error.reason))
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)  # type: ignore[assignment]
        # A request that was not understood has no command.
        self.write(b"" if getattr(self.request, "command", None) == "HEAD" else body)


def _path_of(request: Any) -> str:
    """Return the path of a possibly malformed request; empty if not even its first line arrived."""
    beginning = getattr(request, "header_plus", b"") or getattr(request, "first_line", b"")
    parts = beginning.lstrip().split(b" ", 2)
    return parts[1].decode("latin-1").partition("?")[0] if len(parts) > 2 else ""


class Task(WSGITask):
    """A request for the application, which gets a flag if there was no slot for it."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[REFUSED] = self.channel.refused
        if self.request.command == "HEAD":
            environ.pop("wsgi.file_wrapper", None)  # it would bypass `write`
        return environ

    def write(self, data: bytes) -> None:
        # Django leaves it to the server to drop the body of a HEAD response.
        super().write(b"" if self.request.command == "HEAD" else data)


class Channel(HTTPChannel):
    """A connection with deadlines: closed when its client is too slow."""

    task_class = Task
    error_task_class = Refusal
    kind = MEMBER
    refused = False
    # When the current request began to arrive, and when the response began to be buffered.
    request_since = answer_since = 0.0
    bytes_sent = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # `received` holds it when the loop refuses the request.
        self.requests_lock = threading.RLock()  # type: ignore[assignment]

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.request_since = time.time()
        return bool(super().received(data))

    def service(self) -> None:
        kind, began = self.kind, time.thread_time()
        with self.requests_lock:
            # Responses to pipelined requests could fill the output buffer and block the thread.
            is_last = self.server.requests_left <= 0 or self.server.is_retiring
            if len(self.requests) > 1 or is_last:
                self.requests[0].headers["CONNECTION"] = "close"
        try:
            super().service()
        finally:
            self.server.task_dispatcher.release(kind, cpu_seconds=time.thread_time() - began)

    def refuse(self) -> None:
        """Respond with 503 at once, in the loop: members must not share their threads with hundreds of refusals."""
        REFUSALS.inc()
        self.requests[0].error = Busy("")
        super().service()

    def drop_requests(self) -> None:
        for request in self.requests:
            request.close()
        self.requests = []

    def write_soon(self, data: Any) -> int:
        if not self.total_outbufs_len:
            self.answer_since, self.bytes_sent = time.time(), 0
        return int(super().write_soon(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close))
        self.bytes_sent += sent
        return sent

    def is_idle(self) -> bool:
        return not (self.requests or self.request or self.total_outbufs_len)

    def enforce_deadline(self, now: float) -> None:
        if self.total_outbufs_len:
            stalled = now - self.last_activity > REQUEST_SECONDS
            if stalled or _is_overdue(now - self.answer_since, self.bytes_sent):
                self.handle_close()  # `will_close` would wait for the client to read
        elif self.request and not self.requests:
            read = self.request.header_bytes_received + self.request.body_bytes_received
            if _is_overdue(now - self.request_since, read):
                self._time_out()

    def _time_out(self) -> None:
        """Respond with 408, which also closes the connection."""
        with self.requests_lock:
            if self.request:
                self.request.close()
                self.request = None
            timeout = HTTPRequestParser(self.adj)
            timeout.version = "1.1"
            timeout.error = RequestTimeout("")  # type: ignore[assignment]  # typed by waitress' last assignment
            self.requests.append(timeout)
            self.server.add_task(self)


def _is_overdue(seconds: float, moved: int) -> bool:
    return seconds > REQUEST_SECONDS + moved / MIN_BYTES_PER_SECOND


class Server(TcpWSGIServer):
    """The server of one process, until it is asked to retire or has served `max_requests`."""

    channel_class = Channel

    def __init__(
        self,
        application: Callable[..., Any],
        listener: socket,
        *,
        adjustments: Adjustments,
        max_requests: int,
        on_retire: Callable[[], None],
        busy: Answer,
    ) -> None:
        self.busy = busy
        self.requests_left = max_requests
        self.on_retire = on_retire
        self.retire_by = 0.0
        self.next_check = 0.0
        super().__init__(
            application,
            map={},
            _sock=listener,
            dispatcher=Dispatcher(adjustments.threads),
            adj=adjustments,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )
        os.set_blocking(self.trigger.trigger, False)

    def add_task(self, channel: Channel) -> None:
        if channel.close_when_flushed:
            channel.drop_requests()  # pipelined behind one that was refused
            return
        self.requests_left -= 1
        queue = self.task_dispatcher.requests
        channel.kind = classify(channel.requests[0])
        channel.refused = channel.kind in LIMITED and queue.is_full(channel.kind)
        if channel.refused and not _is_cached(channel):
            channel.refuse()
            return
        if channel.refused:
            channel.kind = OTHER  # the application takes it from the page cache
        super().add_task(channel)

    def pull_trigger(self) -> None:
        # The loop itself pulls it, and must not wait for a full pipe that only it empties.
        with suppress(BlockingIOError):
            super().pull_trigger()

    def handle_accept(self) -> None:
        # One per iteration leaves the next to another process; with many open connections iterations take too long.
        for _ in range(1 + len(self.active_channels) // 50):
            super().handle_accept()

    @property
    def is_retiring(self) -> bool:
        return bool(self.retire_by)

    def retire(self) -> None:
        """Stop accepting connections, and let `run` return once requests in progress are done or time is up."""
        if not self.is_retiring:
            self.retire_by = time.time() + GRACE_SECONDS
            self.accepting = False
            self.on_retire()
            self.pull_trigger()

    def run(self) -> None:
        parent = os.getppid()
        while not self._is_done():
            wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)
            if self.requests_left <= 0 or os.getppid() != parent:
                self.retire()
            if self.is_retiring:
                self._close_idle()
            self._enforce_deadlines()
            if len(self.active_channels) > MANY_CONNECTIONS:
                time.sleep(len(self.active_channels) * REST_SECONDS_PER_CONNECTION)

    def _enforce_deadlines(self) -> None:
        now = time.time()
        if now >= self.next_check:
            self.next_check = now + CHECK_SECONDS
            for channel in list(self.active_channels.values()):
                channel.enforce_deadline(now)

    def _is_done(self) -> bool:
        if not self.is_retiring:
            return False
        at_work = self.active_channels or self.task_dispatcher.is_at_work()
        return not at_work or time.time() > self.retire_by

    def _close_idle(self) -> None:
        """Close connections that are not in use; on the others, the next response announces it.

        A connection that was just answered may be about to bring a request.
        """
        quiet_since = time.time() - QUIET_SECONDS
        for channel in list(self.active_channels.values()):
            if channel.is_idle() and channel.last_activity < quiet_since:
                channel.will_close = True


def _is_cached(channel: Channel) -> bool:
    """Return whether the page cache is likely to have the page. Must be quick, and not fail, for hostile requests."""
    request = channel.requests[0]
    sizes = len(request.path) + len(request.query), len(request.headers.get("COOKIE", ""))
    if request.command not in ("GET", "HEAD") or max(sizes) > MAX_CACHED_BYTES:
        return False
    environ = Task(channel, request).get_environment()
    environ.pop("CONTENT_TYPE", None)  # Django would parse it
    try:
        return page_cache.is_stored(WSGIRequest(environ))
    except (SuspiciousOperation, ValueError):  # such as the Host header of another site
        return False


def busy_answer(application: Callable[..., Any]) -> Answer:
    """Return the application's response to a refused request, the same for every visitor."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    environ: dict[str, Any] = {
        REFUSED: True,
        "REQUEST_METHOD": "POST",  # is not looked up in the page cache
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",  # plain HTTP may be redirected
        "wsgi.input": io.BytesIO(),
    }
    body = b"".join(application(environ, lambda status, headers, error=None: found.append((status, headers))))
    status, headers = found[0]
    if not status.startswith("503 "):
        raise RuntimeError(f"A refused request is answered with {status}.")
    return Answer([(name, value) for name, value in headers if name.lower() != "content-length"], body)


def classify(request: HTTPRequestParser) -> str:
    """Classify a request by its path, and by whether its session key was made for a member.

    The application looks up whether that session still exists.
    """
    if request.error or request.path.startswith(UNLIMITED_PATHS):
        return OTHER
    if sessions.is_signed(_session_key(request.headers.get("COOKIE", ""))):
        return MEMBER
    return ACCOUNT if request.path.startswith(ACCOUNT_PATHS) else VISITOR


def _session_key(cookies: str) -> str | None:
    """Return the value of the last session cookie, which is the one that Django reads."""
    found = _SESSION_COOKIE.findall(cookies)
    return found[-1].strip() if found else None
