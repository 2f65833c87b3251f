from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from community.runtime import probe


class Answer(BaseHTTPRequestHandler):
    """Responds with the Host header, or 404 for unknown paths."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("allowed", "asked"),
    [
        ("a.example,b.example", "a.example"),
        (".a.example", "a.example"),
        ("*", "localhost"),
        ("", "localhost"),
    ],
)
def test_probe_uses_an_allowed_host(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], allowed: str, asked: str
):
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    assert probe.main("/healthz", port=port) == 0

    assert capsys.readouterr().out == f"200 {asked}\n"


def test_probe_fails_when_the_answer_is_an_error(port: int, capsys: pytest.CaptureFixture[str]):
    assert probe.main("/broken", port=port) == 1

    assert capsys.readouterr().out.startswith("503")


def test_probe_fails_without_a_server(capsys: pytest.CaptureFixture[str]):
    assert probe.main("/healthz", port=1) == 1

    assert "refused" in capsys.readouterr().out
