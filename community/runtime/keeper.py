"""The process that keeps PostgreSQL and Redis running as long as any process uses them.

Every process that uses the servers holds a shared lock on `users.lock`, which the kernel releases however the
process ends. The keeper polls for the exclusive lock: once it gets it, there are no users, and it stops the
servers. So nothing is left running after `kill -9`, and concurrent commands share the servers.

A keeper holds `keeper.lock` from its start, so that there is one, and `serving.lock` once the servers are its own:
until then, those of a keeper that was killed may still answer, and are about to be stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from community.runtime import postgres, redis_server
from community.runtime.home import Home, HomeError
from community.runtime.processes import stop

POLL_SECONDS = 0.2
RESTART_SECONDS = 0.5
STEADY_SECONDS = 10
MAX_QUICK_EXITS = 4


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--throwaway", action="store_true")
    options = parser.parse_args(arguments)
    home = Home(options.root, durable=not options.throwaway)
    # These signals end the users; the keeper stops the servers after the last of them has ended.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with ExitStack() as files:
        own, users, serving = (
            files.enter_context((home.root / f"{name}.lock").open("a"))
            for name in ("keeper", "users", "serving")
        )
        if not try_lock(own):
            return 0
        try:
            keep(home, users, serving)
        except HomeError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def keep(home: Home, users: IO[str], serving: IO[str]) -> None:
    """Start both servers, restart one that exits, and stop both when there are no users."""
    home.prepare()
    servers = [
        ManagedServer("Redis", redis_server.start, signal.SIGTERM),
        ManagedServer("PostgreSQL", postgres.start, postgres.FAST_SHUTDOWN),
    ]
    try:
        while not try_lock(users):
            for server in servers:
                server.ensure_running(home)
            fcntl.flock(serving, fcntl.LOCK_EX)
            time.sleep(POLL_SECONDS)
    finally:
        for server in reversed(servers):
            if server.process:
                stop(server.process, server.stop_signal, seconds=20)
        home.remove_sockets()


@dataclass
class ManagedServer:
    """A server that is restarted when it exits. Raises HomeError when it keeps exiting right after the start."""

    name: str
    start: Callable[[Home], subprocess.Popen[bytes]]
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_exits: int = 0

    def ensure_running(self, home: Home) -> None:
        if self.process and self.process.poll() is None:
            return
        if self.process:
            steady = time.monotonic() - self.started_at > STEADY_SECONDS
            self.quick_exits = 0 if steady else self.quick_exits + 1
            if self.quick_exits == MAX_QUICK_EXITS:
                raise HomeError(f"{self.name} keeps stopping. See the logs in {home.root}.")
            time.sleep(RESTART_SECONDS)
        self.process = self.start(home)
        self.started_at = time.monotonic()


def try_lock(file: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
