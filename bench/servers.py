"""The measured processes: web servers and workers, started as by `manage.py up`."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from urllib.error import URLError
from urllib.request import urlopen

from community.runtime import stack
from community.runtime.embedded import BASE_DIR
from community.runtime.home import Home
from community.runtime.processes import spawn, stop
from community.runtime.supervisor import Child

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far by its processes, including those that have ended."""
        return sum(sum(map(int, fields[11:15])) for fields in _family(self.pid).values()) / TICKS

    def memory_mb(self) -> float:
        """Return the proportional set size (PSS) of its processes in megabytes."""
        total = 0
        for pid in _family(self.pid):
            with suppress(OSError):
                found = re.search(
                    r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
                )
                total += int(found[1]) if found else 0
        return total / 1024


def _family(leader: int) -> dict[int, list[str]]:
    """Return the fields of /proc/<pid>/stat, from `state` on, of a process and its descendants."""
    everybody = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            everybody[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    family = {leader}
    while children := {pid for pid, fields in everybody.items() if int(fields[1]) in family} - family:
        family |= children
    return {pid: everybody[pid] for pid in family if pid in everybody}


def _children(home: Home, port: int) -> dict[str, Child]:
    """Return the processes that `manage.py up` runs, by name."""
    return {child.name: child for child in stack.children(home, port=port, demo=False)}


def _environment(home: Home, name: str, settings: str) -> dict[str, str]:
    metrics = home.root / f"metrics-{name}"
    return {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}


@contextmanager
def web(
    home: Home,
    name: str,
    port: int,
    *,
    settings: str = "bench.settings",
    answers: str = "/healthz",
    **more: str,
) -> Iterator[Server]:
    """Run a web server with `settings` on the port."""
    environment = _environment(home, name, settings) | more
    with (home.root / f"{name}.log").open("wb") as log:
        process = spawn(_children(home, port)["web"].command, cwd=BASE_DIR, env=environment, output=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url + answers, log.name)
            yield Server(url, process.pid)
        finally:
            stop(process, SIGTERM, seconds=20)


@contextmanager
def workers(home: Home) -> Iterator[None]:
    """Run everything that `manage.py up` runs besides the web server; yields once they are at rest."""
    environment = _environment(home, "worker", "bench.settings")
    children = [child for name, child in _children(home, 0).items() if name != "web"]
    with (home.root / "worker.log").open("wb") as log:
        processes = [
            spawn(child.command, cwd=BASE_DIR, env=environment, output=log, background=child.background)
            for child in children
        ]
        try:
            _wait_for_worker()
            yield
        finally:
            for process in processes:
                stop(process, SIGTERM, seconds=15)


def _wait_for_worker() -> None:
    """Wait until a worker answers and its followers have read what earlier measurements wrote."""
    from community.celery import app
    from community.events.registry import all_followers
    from community.events.services.cursors import is_behind

    for _ in range(300):
        if app.control.ping(timeout=1) and not any(is_behind(name) for name in all_followers()):
            return
        time.sleep(1)
    raise TimeoutError("The worker does not answer, or its followers do not catch up.")


def _wait_for(url: str, log: str) -> None:
    for _ in range(300):
        try:
            urlopen(url, timeout=2).close()  # noqa: S310
            return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer; its log is {log}.")
