"""A real Celery worker, in a process of its own, on the database and Redis of the test."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from community.celery import app
from community.runtime.embedded import BASE_DIR
from community.runtime.processes import kill_group, spawn
from tests import servers

QUEUES = "default,journeys,mail,imports"


def database_url() -> str:
    """Where another process finds the database of this test."""
    wanted = connection.settings_dict
    if wanted["HOST"].startswith("/"):
        return f"postgres://{wanted['USER']}@/{wanted['HOST']}/{wanted['NAME']}"
    login = f"{wanted['USER']}:{wanted['PASSWORD']}"
    return f"postgres://{login}@{wanted['HOST']}:{wanted['PORT'] or 5432}/{wanted['NAME']}"


def environment_of_processes() -> dict[str, str]:
    """Return the environment in which a process works on the database and Redis of the tests."""
    return {
        **{name: value for name, value in os.environ.items() if name != servers.MARK},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "PYTHONPATH": str(BASE_DIR),
    }


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which a process works on the database and Redis of this test."""
    return environment_of_processes()


@pytest.fixture
def start_celery_worker(
    process_environment: dict[str, str], django_db_serialized_rollback: None, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start_celery_worker(beat=False, queues=...)` returns a worker that takes tasks; kill it if you like."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*, beat: bool = False, queues: str = QUEUES) -> subprocess.Popen[bytes]:
        name = f"test{len(started)}.{os.getpid()}@localhost"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "community",
            "worker",
            "-n",
            name,
            "-Q",
            queues,
            "-c",
            "1",
            "-l",
            "INFO",
        ]
        if beat:
            command += ["-B", "-s", str(tmp_path / "beat")]
        log = tmp_path / f"worker{len(started)}.log"
        with log.open("wb") as output:
            worker = spawn(command, env=process_environment, cwd=BASE_DIR, output=output)
        started.append(worker)
        _wait_for(name, worker, log)
        return worker

    yield start
    for worker in started:
        kill_group(worker)


@pytest.fixture
def celery_worker(
    start_celery_worker: Callable[..., subprocess.Popen[bytes]],
) -> subprocess.Popen[bytes]:
    """One worker on every queue, without beat."""
    return start_celery_worker()


@pytest.fixture
def kill_celery_worker() -> Callable[[subprocess.Popen[bytes]], None]:
    """`kill -9` of a worker and all its pool processes."""
    return kill_group


def _wait_for(name: str, worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and worker.poll() is None:
        if app.control.ping(destination=[name], timeout=0.5):
            return
    pytest.fail(f"the worker did not start:\n{log.read_text()}")
