"""The process that keeps PostgreSQL and Redis running for as long as anybody uses them.

Every user of the servers holds a shared lock on `users.lock`, which the kernel takes back whatever way the
user ends. The keeper tries to lock it for itself: once it can, nobody is left, and it stops the servers. So
nothing is left behind after `kill -9`, and commands that run at the same time share one pair of servers.
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
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from community.runtime import postgres, redis_server
from community.runtime.home import Home, HomeError
from community.runtime.processes import stop

POLL_SECONDS = 0.2
RESTART_SECONDS = 0.5
STEADY_SECONDS = 10
QUICK_ENDS = 4


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--throwaway", action="store_true")
    options = parser.parse_args(arguments)
    home = Home(options.root, durable=not options.throwaway)
    # Whoever ends the terminal ends the users; the servers follow when the last of them is gone.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with (home.root / "keeper.lock").open("a") as own, (home.root / "users.lock").open("a") as users:
        if not try_lock(own):
            return 0
        try:
            keep(home, users)
        except HomeError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def keep(home: Home, users: IO[str]) -> None:
    """Start both servers, restart one that ends, and stop both when no user is left."""
    home.prepare()
    kept = [
        Kept("Redis", redis_server.start, signal.SIGTERM),
        Kept("PostgreSQL", postgres.start, postgres.FAST_SHUTDOWN),
    ]
    try:
        while not try_lock(users):
            for server in kept:
                server.keep_up(home)
            time.sleep(POLL_SECONDS)
    finally:
        for server in reversed(kept):
            if server.process:
                stop(server.process, server.stop_signal, seconds=20)
        home.tidy()


@dataclass
class Kept:
    """One server, started again when it ends; HomeError when it ends at once, time after time."""

    name: str
    start: Callable[[Home], subprocess.Popen[bytes]]
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_ends: int = 0

    def keep_up(self, home: Home) -> None:
        if self.process and self.process.poll() is None:
            return
        if self.process:
            steady = time.monotonic() - self.started_at > STEADY_SECONDS
            self.quick_ends = 0 if steady else self.quick_ends + 1
            if self.quick_ends == QUICK_ENDS:
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
