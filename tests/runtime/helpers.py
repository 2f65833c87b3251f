"""Other processes for tests: starting them, waiting for what they do, and asking who is alive."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

# What the settings of this test run put into our environment; a fresh command must not find it.
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
    """The environment of somebody who has configured nothing, plus `values`."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | values


def served_environment(**values: str) -> dict[str, str]:
    """The environment of a deployment."""
    served: Mapping[str, str] = {
        "DATABASE_URL": "postgres://caravan@database.invalid/caravan",
        "REDIS_URL": "redis://redis.invalid/0",
        "SECRET_KEY": "kqM0Zw1Yx2Xv3Wu4Vt5Us6Tr7Sq8Rp9Qo0Pn1Om2Nl3Mk4Lj5Ki6Jh7Ig8",
        "ALLOWED_HOSTS": "community.example",
    }
    return bare_environment(**(served | values))


def wait_for(ask: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Ask until the answer is true; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {ask}")


def is_alive(pid: int) -> bool:
    """Whether process `pid` runs (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_using(text: str | Path) -> list[int]:
    """The processes, other than this one, whose command names `text`."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and str(text) in "\0".join(process.info["cmdline"] or ())
    ]
