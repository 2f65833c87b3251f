"""A web server on the test database, for tests that need real connections."""

import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import is_alive, is_healthy, wait_for


class Web:
    """A `python -m community.runtime.web` process."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.log = folder / "web.log"
        self.metrics = folder / "metrics"
        command = [sys.executable, "-m", "community.runtime.web", "--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env={**environment, "PROMETHEUS_MULTIPROC_DIR": str(self.metrics)},
                stdout=output,
                stderr=output,
            )
        wait_for(lambda: is_healthy(self.ask) or self.process.poll() is not None, seconds=90)
        assert self.process.poll() is None, self.log.read_text()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers={"Host": "localhost", **(headers or {})})
        response = connection.getresponse()
        response.text = response.read().decode()  # type: ignore[attr-defined]
        connection.close()
        return response

    def workers(self) -> set[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in found.split() if is_alive(int(pid))}

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.__exit__(None, None, None)
