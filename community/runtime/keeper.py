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
from pathlib import Path
from typing import IO

from community.runtime import postgres, redis_server
from community.runtime.home import Home, HomeError
from community.runtime.processes import stop

POLL_SECONDS = 0.2
RESTART_SECONDS = 1.0


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
    starters = {"redis": redis_server.start, "postgres": postgres.start}
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        while not try_lock(users):
            for name, starter in starters.items():
                if name in running and running[name].poll() is not None:
                    time.sleep(RESTART_SECONDS)
                    del running[name]
                if name not in running:
                    running[name] = starter(home)
            time.sleep(POLL_SECONDS)
    finally:
        if "postgres" in running:
            stop(running["postgres"], postgres.FAST_SHUTDOWN, seconds=20)
        if "redis" in running:
            stop(running["redis"], signal.SIGTERM, seconds=10)


def try_lock(file: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
