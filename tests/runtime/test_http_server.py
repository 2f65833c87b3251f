"""The HTTP server with small applications: slow clients, slots for visitors, refusals, retiring."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory
from waitress import wasyncore
from waitress.adjustments import Adjustments

from community.core.middleware import REFUSED
from community.core.page_cache import for_visitors
from community.core.sessions import signed_key
from community.runtime import http_server, task_queue, web
from community.runtime.http_server import Answer, Server
from community.wsgi import application
from tests.runtime.helpers import wait_for

MEMBER = {"Cookie": f"theme=dark; sessionid={signed_key()}; sidebar=open"}
MADE_UP = {"Cookie": "sessionid=0123456789abcdefghijklmnopqrstuv"}


class Site:
    """A server with a test application, which can block requests with `gate`."""

    def __init__(self, application: Callable[..., Any] | None, **adjustments: Any) -> None:
        self.gate = threading.Event()
        self.begun: list[str] = []
        self.retired = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        wanted = {"threads": 4, "clear_untrusted_proxy_headers": False, **adjustments}
        max_requests = wanted.pop("max_requests", 1000)
        self.server = Server(
            application or self.hold,
            self.listener,
            adjustments=Adjustments(sockets=[self.listener], log_socket_errors=False, **wanted),
            max_requests=max_requests,
            on_retire=self.retired.set,
            busy=Answer.text("The site is busy."),
        )
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def hold(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Respond once the gate is open, or at once to a request for a cached page."""
        self.begun.append(environ["PATH_INFO"])
        assert environ[REFUSED] or self.gate.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def send(self, request: bytes) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.sendall(request)
        return client

    def ask(self, path: str, headers: dict[str, str] | None = None) -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers=headers or {})
        return connection

    def close(self) -> None:
        self.gate.set()
        self.server.retire()
        self.thread.join(20)
        self.server.task_dispatcher.shutdown()
        wasyncore.close_all(self.server._map)


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def serve(application: Callable[..., Any] | None = None, **adjustments: Any) -> Site:
        sites.append(Site(application, **adjustments))
        return sites[-1]

    yield serve
    for site in sites:
        site.close()


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "REQUEST_SECONDS", 0.3)


def hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def read_all(client: socket.socket) -> bytes:
    with client, client.makefile("rb") as file:
        return file.read()


def answered(connection: HTTPConnection) -> HTTPResponse:
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HT",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
    ],
)
@pytest.mark.usefixtures("short_deadline")
def test_incomplete_request_gets_408(serve, begun):
    site = serve(hello)

    answer = read_all(site.send(begun))

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"The request took too long to arrive. Check your connection and try again.\n")


def test_slow_requests_do_not_occupy_threads(serve):
    site = serve(hello, threads=1)
    slow = [site.send(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx") for _ in range(10)]

    assert answered(site.ask("/")).status == 200

    for client in slow:
        client.close()


@pytest.mark.parametrize(
    ("seconds", "moved", "overdue"),
    [(29, 0, False), (31, 0, True), (31, 100, True), (600, 10_000_000, False), (700, 10_000_000, True)],
)
def test_deadline_is_extended_by_received_bytes(seconds, moved, overdue):
    assert http_server._is_overdue(seconds, moved) == overdue


@pytest.mark.usefixtures("short_deadline")
def test_unread_response_is_dropped(serve):
    def much(environ, start_response):
        start_response("200 OK", [("Content-Length", "50000000")])
        return [b"x" * 50_000_000]

    site = serve(much)
    client = site.send(b"GET / HTTP/1.1\r\n\r\n")
    wait_for(lambda: site.server.active_channels)

    wait_for(lambda: not site.server.active_channels)

    client.close()


def test_pipelined_requests_are_not_served(serve):
    site = serve(hello)

    answer = read_all(site.send(b"GET / HTTP/1.1\r\n\r\n" * 3))

    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in answer


def test_head_is_answered_without_a_body(serve):
    site = serve(hello)

    answer = read_all(site.send(b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"))

    assert b"Content-Length: 5" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "request_head",
    [b"Content-Length: 101\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n"],
)
def test_large_body_is_refused_with_a_sentence(serve, request_head):
    site = serve(hello, max_request_body_size=101)

    answer = read_all(site.send(b"POST / HTTP/1.1\r\n" + request_head))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Go back and send less." in answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        MADE_UP,
        {"Cookie": f"notsessionid={signed_key()}"},
        {"Cookie": f"{MEMBER['Cookie']}; sessionid =made-up"},
    ],
)
def test_visitors_leave_threads_to_members(serve, headers):
    site = serve()
    visitors = [site.ask(f"/{number}", headers) for number in range(6)]
    wait_for(lambda: len(site.begun) == 1)

    member = site.ask("/member", MEMBER)

    wait_for(lambda: len(site.begun) == 2)
    assert site.begun[1] == "/member"
    site.gate.set()
    assert [answered(connection).status for connection in [member, *visitors]] == [200] * 7


def test_requests_one_after_the_other_are_served_by_one_thread(serve):
    """Its database connection has planned every statement."""
    threads = []

    def note_thread(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        threads.append(threading.get_ident())
        return hello(environ, start_response)

    site = serve(note_thread)
    wait_for(lambda: site.server.task_dispatcher.active_count == 0)
    for number in range(8):
        assert answered(site.ask(f"/{number}", MEMBER)).status == 200
        wait_for(lambda: not site.server.task_dispatcher.is_at_work())

    assert len(threads) == 8
    assert len(set(threads)) == 1


def test_visitors_beyond_the_queue_are_refused_at_once(serve, monkeypatch):
    monkeypatch.setattr(task_queue, "MAX_WAITING", 1)
    site = serve()
    served = site.ask("/0")
    wait_for(lambda: site.begun)
    waiting = site.ask("/1")
    wait_for(lambda: site.server.task_dispatcher.requests.is_full(task_queue.VISITOR))

    refusal = b"HTTP/1.1 503 Service Unavailable\r\n"
    get, head = (read_all(site.send(b"%s /2 HTTP/1.1\r\n\r\n" % method)) for method in (b"GET", b"HEAD"))
    assert get.startswith(refusal)
    assert get.endswith(b"\r\n\r\nThe site is busy.\n")
    assert head.startswith(refusal)
    assert head.endswith(b"\r\n\r\n")
    assert b"Content-Length: 18\r\n" in head
    pipelined = read_all(site.send(b"GET /2 HTTP/1.1\r\n\r\n" * 300))
    assert pipelined.startswith(refusal)
    assert pipelined.count(b"HTTP/1.1 ") == 1

    site.gate.set()
    assert [answered(served).status, answered(waiting).status] == [200, 200]
    assert "/2" not in site.begun


def test_a_cached_page_is_not_refused(serve, monkeypatch, settings):
    settings.PAGE_CACHE_SECONDS, settings.ALLOWED_HOSTS = 30, ["*"]
    monkeypatch.setattr(task_queue, "MAX_WAITING", 1)
    site = serve()
    for_visitors(lambda request: HttpResponse())(
        RequestFactory().get("/2?page=3", headers={"host": f"127.0.0.1:{site.port}"})
    )
    crowd = [site.ask("/0")]
    wait_for(lambda: site.begun)
    crowd.append(site.ask("/1"))
    wait_for(lambda: site.server.task_dispatcher.requests.is_full(task_queue.VISITOR))

    assert answered(site.ask("/2?page=3")).status == 200
    assert answered(site.ask("/2?page=4")).status == 503

    site.gate.set()
    assert {answered(connection).status for connection in crowd} == {200}


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: x; a*=bogus''%41",
        b"Content-Type: text/plain; charset=hex",
        b'Content-Type: x;"' + b";" * 30_000,
        b"Cookie: " + b";" * 30_000,
        b"Host: elsewhere.example",
        b"Host: \xff",
    ],
)
def test_hostile_requests_beyond_the_queue_are_refused_quickly(serve, monkeypatch, head):
    monkeypatch.setattr(http_server, "WSGIRequest", Mock(wraps=WSGIRequest))
    monkeypatch.setattr(task_queue, "MAX_WAITING", 0)
    site = serve()

    answer = read_all(site.send(b"GET /%ff?q=+2AA- HTTP/1.1\r\n" + head + b"\r\n\r\n"))

    assert answer.startswith(b"HTTP/1.1 503 ")
    environs = [call.args[0] for call in http_server.WSGIRequest.call_args_list]
    assert not any(
        "CONTENT_TYPE" in environ or len(environ.get("HTTP_COOKIE", "")) > 2000 for environ in environs
    )


def test_many_pipelined_requests_beyond_the_queue_do_not_hang_the_loop(serve, monkeypatch):
    monkeypatch.setattr(task_queue, "MAX_WAITING", 0)
    site = serve(max_requests=1000)
    clients = [site.send(b"A /\r\n\r\n" * 1170) for _ in range(70)]

    for client in clients:
        assert read_all(client).count(b"HTTP/1.") == 1

    assert not site.retired.is_set()


@pytest.mark.django_db
def test_the_refusal_has_the_headers_of_our_pages():
    headers, body = http_server.busy_answer(application)

    assert {"Retry-After", "Content-Security-Policy", "X-Content-Type-Options"} <= {
        name for name, _ in headers
    }
    assert "The site is busy" in body.decode()


def test_visitor_slots_pause_while_members_are_on_the_site(serve, monkeypatch):
    monkeypatch.setattr(task_queue, "PAUSE_PER_CPU", 1e9)
    site = serve()
    queue = site.server.task_dispatcher.requests
    visitors = [site.ask("/0"), site.ask("/1")]
    wait_for(lambda: site.begun and queue.waiting[task_queue.VISITOR])
    assert not queue.needs_pause(task_queue.VISITOR)
    static = site.ask("/static/css/base.css", MEMBER)
    wait_for(lambda: len(site.begun) == 2)
    assert not queue.needs_pause(task_queue.VISITOR)
    member = site.ask("/member", MEMBER)
    wait_for(lambda: "/member" in site.begun)

    site.gate.set()

    assert answered(visitors[0]).status == 200
    members = [static, member, site.ask("/again", MEMBER)]
    assert [answered(connection).status for connection in members] == [200] * 3
    assert site.begun == ["/0", "/static/css/base.css", "/member", "/again"]
    assert answered(visitors[1]).status == 200
    assert not queue.needs_pause(task_queue.VISITOR)  # nobody waits


@pytest.mark.parametrize("path", ["/static/css/base.css", "/healthz", "/accounts/login/", "/api/v1/events"])
def test_unlimited_paths_are_served_while_visitors_queue(serve, monkeypatch, path):
    monkeypatch.setattr(task_queue, "MAX_WAITING", 1)
    site = serve()
    crowd = [site.ask("/0")]
    wait_for(lambda: site.begun)
    crowd.append(site.ask("/1"))
    wait_for(lambda: site.server.task_dispatcher.requests.is_full(task_queue.VISITOR))

    asked = site.ask(path)

    wait_for(lambda: path in site.begun)
    site.gate.set()
    assert {answered(connection).status for connection in [asked, *crowd]} == {200}


def test_retiring_finishes_requests_in_progress(serve):
    site = serve()
    running = site.ask("/running")
    member = site.ask("/member", MEMBER)
    wait_for(lambda: len(site.begun) == 2)

    site.server.retire()
    wait_for(site.retired.is_set)
    site.gate.set()

    assert [answered(running).status, answered(member).status] == [200, 200]
    site.thread.join(20)
    assert not site.thread.is_alive()


def test_retiring_does_not_wait_for_idle_connections(serve):
    site = serve(hello)
    connection = site.ask("/")
    connection.getresponse().read()

    site.server.retire()

    site.thread.join(5)
    assert not site.thread.is_alive()
    connection.close()


def test_retiring_waits_for_slow_requests_up_to_the_grace_period(serve, monkeypatch):
    monkeypatch.setattr(http_server, "GRACE_SECONDS", 0.2)
    site = serve(hello)
    slow = site.send(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
    wait_for(lambda: site.server.active_channels)

    site.server.retire()

    site.thread.join(5)
    assert not site.thread.is_alive()
    slow.close()


def test_server_retires_after_its_number_of_requests(serve):
    site = serve(hello, max_requests=2)

    assert [answered(site.ask("/")).status for _ in range(2)] == [200, 200]

    site.thread.join(20)
    assert site.retired.is_set()


@pytest.mark.parametrize(
    ("behind", "trusted", "expected"),
    [
        (True, "127.0.0.1", "203.0.113.7 https 203.0.113.7"),
        (True, "*", "203.0.113.7 https 203.0.113.7"),
        (True, "192.0.2.1", "127.0.0.1 http None"),
        (False, "*", "127.0.0.1 http 198.51.100.1, 203.0.113.7"),
    ],
)
def test_client_address_comes_from_the_trusted_proxy(serve, monkeypatch, behind, trusted, expected):
    def tell(environ, start_response):
        start_response("200 OK", [])
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        return [f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']} {forwarded}".encode()]

    monkeypatch.setattr(web, "FORWARDED_ALLOW_IPS", trusted)
    site = serve(tell, **web._proxy(behind=behind))

    connection = site.ask("/", {"X-Forwarded-For": "198.51.100.1, 203.0.113.7", "X-Forwarded-Proto": "https"})

    assert connection.getresponse().read().decode() == expected
    connection.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /api/v1/events HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST /api/v1/events HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /api/v1/events HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_refusals_under_api_are_json(serve, request_bytes, status):
    site = serve(hello, max_request_body_size=101)

    head, _, body = read_all(site.send(request_bytes)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/json" in head
    assert json.loads(body).keys() == {"detail"}
