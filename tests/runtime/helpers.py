"""Helpers for tests with other processes: environments, waiting, and finding processes."""

import os
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import psutil

# Variables that the test settings set; new commands must not inherit them.
OURS = {
    "DATABASE_URL",
    "DEMO",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "DJANGO_SETTINGS_MODULE",
    "QUEUE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "STATIC_ROOT",
}


def bare_environment(**values: str) -> dict[str, str]:
    """Return an environment without any configuration, plus `values`."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | values


def served_environment(**values: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    served: Mapping[str, str] = {
        "DATABASE_URL": "postgres://caravan@database.invalid/caravan",
        "REDIS_URL": "redis://redis.invalid/0",
        "SECRET_KEY": "kqM0Zw1Yx2Xv3Wu4Vt5Us6Tr7Sq8Rp9Qo0Pn1Om2Nl3Mk4Lj5Ki6Jh7Ig8",
        "ALLOWED_HOSTS": "community.example",
    }
    return bare_environment(**(served | values))


def is_healthy(get: Callable[[str], HTTPResponse]) -> bool:
    """Return whether the server that `get` requests is up and reports that it is healthy."""
    try:
        return get("/healthz").status == 200
    except (OSError, HTTPException):
        return False


def wait_for(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Poll until the condition is true, and return its value; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{condition} was still false after {seconds} s")


def is_alive(pid: int) -> bool:
    """Whether process `pid` is running (and not a zombie)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_using(text: str | Path) -> list[int]:
    """Return the processes, other than this one, with `text` in their command line."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and str(text) in "\0".join(process.info["cmdline"] or ())
    ]
