import shutil
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench import open_loop
from bench.load import LoadError, Request, drive

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


class Handler(BaseHTTPRequestHandler):
    """Answers /429/ with 429, and records the requests."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Accept-Encoding"], self.headers["Cookie"] or ""))
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "/accounts/login/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def by_wrk(url: str, requests: list[Request]) -> object:
    return drive(url, requests, connections=1, seconds=1)


def by_open_loop(url: str, requests: list[Request]) -> object:
    return open_loop.run(url, [("read", request) for request in requests], per_second=1000)


both = pytest.mark.parametrize("run", [pytest.param(by_wrk, marks=needs_wrk), by_open_loop])


@both
@pytest.mark.parametrize("status", [429, 500, 302, 204])
def test_unexpected_response_fails_the_run(url: str, status: int, run: Callable):
    with pytest.raises(LoadError, match=str(status)):
        run(url, [Request("/200/"), Request(f"/{status}/")])


@both
def test_a_redirect_elsewhere_fails_the_run(url: str, run: Callable):
    with pytest.raises(LoadError, match="/accounts/login/"):
        run(url, [Request("/302/", body="a=b", status=302, location="/p/")])


@both
def test_requests_are_sent_in_turn_with_cookies_and_accept_gzip(url: str, run: Callable):
    run(url, [Request("/200/?n=1", "a=1"), Request("/200/?n=2", "a=2")])

    assert set(Handler.asked) == {("/200/?n=1", "gzip", "a=1"), ("/200/?n=2", "gzip", "a=2")}


def test_open_loop_sums_up_each_kind(url: str):
    requests = [("read", Request("/200/"))] * 9 + [("reply", Request("/302/", body="a=b", status=302))]

    latencies = open_loop.run(url, requests, per_second=1000)

    assert [(one.kind, one.requests) for one in latencies] == [("read", 9), ("reply", 1)]
    assert all(0 < one.p50_ms <= one.p95_ms <= one.p99_ms for one in latencies)


def test_open_loop_measures_from_when_a_request_was_due(url: str, monkeypatch: pytest.MonkeyPatch):
    """A request that is due while the client is blocked counts as waiting, although it has not been sent yet."""
    connect = open_loop.asyncio.open_connection

    async def hold_everything_up(*where: object):
        time.sleep(0.3)
        monkeypatch.setattr(open_loop.asyncio, "open_connection", connect)
        return await connect(*where)

    monkeypatch.setattr(open_loop.asyncio, "open_connection", hold_everything_up)
    requests = [("first", Request("/200/")), ("second", Request("/200/"))]

    first, second = open_loop.run(url, requests, per_second=100)

    assert first.p50_ms >= 300
    assert second.p50_ms >= 290
