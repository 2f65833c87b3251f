"""The processes that `manage.py up` runs on one machine."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from community.core.disk import metrics_folder
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home
from community.runtime.supervisor import Child, Supervisor

HOST = "127.0.0.1"
ELSEWHERE = BASE_DIR / "var/elsewhere"
QUEUES = "default,journeys,mail,imports"
DEMO = "demo"
DEMO_SECONDS = 30  # on two cores
DEMO_PEOPLE = "log in as manager@, sales@, prospect@ or customer@demo.example with the password caravan-demo"


@dataclass(frozen=True)
class Running:
    """A running stack: its supervisor's pid, its URL and its data folder."""

    pid: int
    url: str
    data: str


def find_running(data: Path) -> Running | None:
    """Return the stack that is running on the folder `data`, if any."""
    with suppress(OSError, ValueError), (data / "stack.lock").open() as lock:
        if not _is_free(lock.fileno()):
            return Running(**json.load(lock))
    return None


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def claim(data: Path, port: int) -> Iterator[Running]:
    """Lock `data` for this stack, and register it for commands. Raises BlockingIOError when it is locked already."""
    data.mkdir(parents=True, exist_ok=True)
    me = Running(os.getpid(), f"http://localhost:{port}", str(data))
    with (data / "stack.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        json.dump(asdict(me), lock)
        lock.flush()
        if data != BASE_DIR / "var":
            ELSEWHERE.parent.mkdir(exist_ok=True)
            ELSEWHERE.write_text(str(data))
        try:
            yield me
        finally:
            if data != BASE_DIR / "var":
                ELSEWHERE.unlink(missing_ok=True)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def children(home: Home, *, port: int, demo: bool) -> list[Child]:
    """Return the processes of the stack; the worker consumes all queues."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "community"]
    loaded = home.root / "demo-loaded"
    wanted = [
        Child("web", [sys.executable, "-m", "community.runtime.web", "--bind", f"{HOST}:{port}"]),
        Child(
            "worker",
            [*celery, "worker", "--queues", QUEUES, "--concurrency", "2", "--loglevel", "INFO"],
            background=True,
        ),
        Child(
            "beat", [*celery, "beat", "--schedule", home.root / "beat", "--pidfile=", "--loglevel", "WARNING"]
        ),
    ]
    if demo and not loaded.exists():
        seed = [sys.executable, "manage.py", "seed_demo"]
        # Concurrently with the others: the site can be used while the demo is seeded.
        wanted.append(Child(DEMO, seed, background=True, once=True, on_success=loaded.touch))
    return wanted


def run(servers: Servers, *, port: int, demo: bool) -> None:
    """Run web, worker and beat until a stop signal; `servers` must be running."""
    home = servers.home
    environment = {
        **os.environ,
        "SITE_URL": os.environ.get("SITE_URL", f"http://localhost:{port}"),
        "PYTHONUNBUFFERED": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder() / f"caravan-metrics-{home.digest}"),
        # Celery's warning is meant for servers; in a container or on a test machine root may be the only user.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    supervisor = Supervisor(children(home, port=port, demo=demo), cwd=BASE_DIR, env=environment)
    announcer = _Announcer(supervisor, home, port, demo)

    def tick() -> None:
        announcer()
        if not servers.have_keeper():
            supervisor.say("PostgreSQL and Redis have stopped; starting them again")
            servers.ensure_ready()

    supervisor.on_tick = tick
    supervisor.run()
    supervisor.say("stopped")


class _Announcer:
    """Prints the URL once the web server accepts connections."""

    def __init__(self, supervisor: Supervisor, home: Home, port: int, demo: bool) -> None:
        self.supervisor = supervisor
        self.home = home
        self.port = port
        self.demo = demo
        self.announced = False
        self.began = time.monotonic()

    def __call__(self) -> None:
        if self.announced or not self._answers():
            return
        self.announced = True
        seconds = time.monotonic() - self.began
        self.supervisor.say(f"Caravan is at http://localhost:{self.port} (web was up after {seconds:.1f} s)")
        if self.demo:
            self.supervisor.say(DEMO_PEOPLE)
        if any(child.name == DEMO and not child.done for child in self.supervisor.children):
            self.supervisor.say(
                f"The demo is being created, which takes about {DEMO_SECONDS} seconds. "
                f"The site is already up: http://localhost:{self.port}"
            )
        self.supervisor.say(f"data and logs are in {self.home.root}; Ctrl-C stops everything")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=0.2):
            return True
        return False


def wait_until_stopped(servers: Servers) -> None:
    """Wait until PostgreSQL and Redis have stopped, unless other commands still use them."""
    servers.__exit__()
    deadline = time.monotonic() + 20
    others_since = time.monotonic()
    while time.monotonic() < deadline and servers.have_keeper():
        with (servers.home.root / "users.lock").open("a") as users:
            if not _is_free(users.fileno()):
                others_since = time.monotonic()  # locked by the keeper, which is stopping them
        if time.monotonic() - others_since > 1:
            return
        time.sleep(0.05)
