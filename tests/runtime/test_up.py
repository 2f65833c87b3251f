"""`manage.py up` end to end: starting and stopping servers, web, worker and beat."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psutil
import pytest

from community.runtime import stack
from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import bare_environment, is_alive, is_healthy, processes_using, wait_for

pytestmark = pytest.mark.worker


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Stack:
    """A `manage.py up` process with its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, port: int | None = None) -> list[str]:
        data = ["--data", str(self.folder / "var"), "--port", str(port or self.port)]
        return [sys.executable, "manage.py", "up", "--no-demo", *data, *arguments]

    def start(self) -> None:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(), cwd=BASE_DIR, env=bare_environment(), stdout=output, stderr=output
            )
        wait_for(lambda: is_healthy(self.get) or self.process.poll() is not None, seconds=90)
        assert self.process.poll() is None, self.log.read_text()

    def get(self, path: str, *, host: str = "localhost") -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers={"Host": f"{host}:{self.port}"})
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        connection.close()
        return response

    def again(self, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, port=port),
            cwd=BASE_DIR,
            env=bare_environment(),
            capture_output=True,
            text=True,
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def pid_of(self, word: str) -> int:
        """Return the oldest process of this stack with `word` in its command line."""
        assert self.process is not None
        found = [pid for pid in processes_using(word) if parent_of(pid) == self.process.pid]
        return min(found, default=0)


def parent_of(pid: int) -> int:
    try:
        return psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return 0


@pytest.fixture(scope="module")
def up() -> Iterator[Stack]:
    """A stack for all tests of this module, which must leave it running.

    A checkout can have only one stack, so other xdist workers with tests of this module wait.
    """
    folder = Path(tempfile.mkdtemp(prefix="caravan-up-"))
    folder.chmod(0o755)
    with Path(__file__).open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        made = Stack(folder)
        made.start()
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop()
        wait_for(lambda: not processes_using(folder))
    shutil.rmtree(folder)


def test_up_prints_its_url_and_runs_a_worker(up: Stack):
    wait_for(lambda: f"caravan │ Caravan is at http://localhost:{up.port}" in up.log.read_text())
    wait_for(lambda: up.get("/readyz").status == 200, seconds=60)


def test_up_serves_static_files_with_hashed_names_to_known_hosts(up: Stack):
    css = next(
        path.name
        for path in (up.folder / "var/static/css").iterdir()
        if re.search(r"\.\w{12}\.css$", path.name)
    )

    response = up.get(f"/static/css/{css}")

    assert response.status == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert up.get("/healthz", host="evil.example").status == 400


def test_up_twice_reports_the_running_stack(up: Stack):
    answer = up.again(port=free_port())

    assert answer.returncode == 0
    assert answer.stdout.startswith(
        f"Caravan is already running at http://localhost:{up.port} (process {up.process.pid}"
    )


def test_up_on_a_taken_port_says_so(up: Stack, tmp_path: Path):
    answer = up.again("--data", str(tmp_path / "other"))

    assert answer.returncode == 1
    assert answer.stderr.strip() == (
        f"CommandError: Port {up.port} is already used by another program. Stop it or choose another port: "
        f"make up PORT={up.port + 1}"
    )
    assert not (tmp_path / "other/postgres").exists()


def test_up_is_found_by_other_commands_of_the_checkout(up: Stack):
    script = "from django.conf import settings; print(settings.DATABASES['default']['HOST'])"

    answer = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script],
        cwd=BASE_DIR,
        env=bare_environment(),
        capture_output=True,
        text=True,
    )

    assert answer.stdout.startswith(str(up.folder)), answer.stderr
    assert is_healthy(up.get)


def test_up_with_an_external_database_is_refused(tmp_path: Path):
    environment = bare_environment(
        DATABASE_URL="postgres://db.invalid/caravan",
        REDIS_URL="redis://redis.invalid",
        SECRET_KEY="kqM0Zw1Yx2Xv3Wu4Vt5Us6Tr7Sq8Rp9Qo0Pn1Om2Nl3Mk4Lj5Ki6Jh7Ig8",
    )

    answer = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )

    assert answer.returncode == 1
    assert "DATABASE_URL points to your own server" in answer.stderr


def share_of(pid: int) -> int:
    """Return the priority of the process's session, for which the kernel may have a group."""
    try:
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    except FileNotFoundError:
        pytest.skip("The kernel does not group sessions.")


def test_pages_have_a_higher_priority_than_background_work(up: Stack):
    web, worker = (
        wait_for(lambda name=name: up.pid_of(name)) for name in ("community.runtime.web", "worker")
    )

    assert psutil.Process(worker).nice() == min(psutil.Process(web).nice() + 5, 19)
    assert share_of(worker) == min(share_of(web) + 5, 19)


def test_up_restarts_killed_processes(up: Stack):
    names = ("worker", "community.runtime.web")
    first = {name: wait_for(lambda name=name: up.pid_of(name)) for name in names}

    for pid in first.values():
        os.kill(pid, signal.SIGKILL)

    for name in names:
        wait_for(lambda name=name: up.pid_of(name) not in (0, first[name]), seconds=60)
    wait_for(lambda: is_healthy(up.get), seconds=60)


def test_up_restarts_the_servers_when_their_keeper_is_killed(up: Stack):
    (keeper,) = processes_using("community.runtime.keeper\0" + str(up.folder / "var"))

    os.kill(keeper, signal.SIGKILL)

    wait_for(
        lambda: "PostgreSQL and Redis have stopped; starting them again" in up.log.read_text(), seconds=60
    )
    wait_for(lambda: up.get("/readyz").status == 200, seconds=60)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_up_after_kill_9_starts_again(up: Stack):
    assert up.process is not None
    up.process.kill()
    up.process.wait()
    wait_for(lambda: not is_healthy(up.get), seconds=60)

    up.start()

    assert stack.find_running(up.folder / "var") is not None


def test_up_leaves_no_processes_after_ctrl_c(up: Stack):
    assert up.process is not None

    assert up.stop(signal.SIGINT) == 0
    assert up.log.read_text().rstrip().endswith("caravan │ stopped")
    wait_for(lambda: not processes_using(up.folder))  # a busy machine takes a moment to end them
    assert stack.find_running(up.folder / "var") is None
    assert not is_alive(up.process.pid)
