"""The embedded servers: they run while at least one `Servers` context is open."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path
from typing import IO

from community.runtime import postgres, redis_server
from community.runtime.home import Home, HomeError

BASE_DIR = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90


class Servers:
    """A context manager that keeps the servers of `home` running, whichever process started them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._lock: IO[str] | None = None

    def __enter__(self) -> Servers:
        self.home.prepare()
        self._lock = (self.home.root / "users.lock").open("a")
        # Blocks while a keeper without users is stopping the servers.
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        try:
            self.ensure_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def ensure_ready(self) -> None:
        """Return once both servers answer; starts a keeper if there is none. Raises HomeError on failure."""
        deadline = time.monotonic() + START_SECONDS
        keeper: int | None = None
        while time.monotonic() < deadline:
            if (
                self._is_locked("serving.lock")
                and redis_server.answers(self.home)
                and postgres.answers(self.home)
            ):
                return
            if keeper is None and not self.have_keeper():
                keeper = self._start_keeper()
            if keeper is not None and (ended := os.waitpid(keeper, os.WNOHANG)) != (0, 0):
                if ended[1]:
                    raise HomeError((self.home.root / "keeper.log").read_text().strip())
                keeper = None  # it found another keeper, or another process testing the lock
            time.sleep(0.05)
        raise HomeError(f"PostgreSQL and Redis did not start; the logs are in {self.home.root}.")

    def have_keeper(self) -> bool:
        """Whether a keeper process is alive; without one the servers will stop."""
        return self._is_locked("keeper.lock")

    def _is_locked(self, name: str) -> bool:
        with (self.home.root / name).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _start_keeper(self) -> int:
        """Start a keeper and return its process id. Not a Popen, because it must outlive this process."""
        command = [sys.executable, "-m", "community.runtime.keeper", str(self.home.root)]
        if not self.home.durable:
            command.append("--throwaway")
        log = os.fspath(self.home.root / "keeper.log")
        return os.posix_spawn(
            sys.executable,
            command,
            {**os.environ, "PYTHONPATH": str(BASE_DIR)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
