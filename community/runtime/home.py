"""Where the embedded servers keep their data, sockets and logs."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# A Unix socket path has at most 107 bytes on Linux and 103 on macOS, and PostgreSQL appends "/.s.PGSQL.5432.lock".
# Other characters would need quoting in the URLs of three libraries.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]{1,80}")
OUTSIDE = Path("/var/lib/caravan")


class HomeError(Exception):
    """The embedded servers cannot run in this folder; the message says why."""


@dataclass(frozen=True)
class Home:
    """A folder with one PostgreSQL and one Redis; `durable` is off for tests, where data may be lost."""

    root: Path
    durable: bool = True

    @property
    def server_user(self) -> str | None:
        """The user that PostgreSQL runs as: "nobody" under root, as which it refuses to run; None: the current one."""
        return "nobody" if os.geteuid() == 0 else None

    @cached_property
    def postgres(self) -> Path:
        """PostgreSQL's folder: inside `root`, unless its user has no access (as to a checkout below /root)."""
        if self.server_user and not can_reach(self.root, self.server_user):
            return OUTSIDE / self.digest
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        return self.postgres / "data"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @cached_property
    def postgres_sockets(self) -> Path:
        return self._sockets(self.postgres / "run", "postgres")

    @property
    def redis_socket(self) -> Path:
        return self._sockets(self.redis, "redis") / "redis.sock"

    @property
    def database_url(self) -> str:
        return f"postgres://caravan@/{self.postgres_sockets}/caravan"

    def redis_url(self, number: int = 0) -> str:
        return f"unix://{self.redis_socket}?db={number}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]

    def _sockets(self, wanted: Path, server: str) -> Path:
        if PLAIN_PATH.fullmatch(str(wanted)):
            return wanted
        return self._short / server

    @property
    def _short(self) -> Path:
        """The folder for sockets whose default path is too long; made private by `prepare`."""
        return Path("/tmp") / f"caravan-{os.geteuid()}-{self.digest}"  # noqa: S108

    def prepare(self) -> None:
        """Create every folder, private to the user of its server. Raises HomeError on failure."""
        try:
            _make_passable(self.root)
            for folder, user in (
                (self.postgres, self.server_user),
                (self.postgres_sockets, self.server_user),
                (self.redis, None),
                (self.redis_socket.parent, None),
            ):
                _make_private(folder, user)
        except OSError as error:
            raise HomeError(
                f"Cannot store data in {self.root} ({error.strerror}: {error.filename}). "
                "Choose a folder that you can write to with --data DIR or CARAVAN_DATA."
            ) from error

    def remove_sockets(self) -> None:
        """Remove the sockets outside `root`; called once the servers have stopped."""
        shutil.rmtree(self._short, ignore_errors=True)


def can_reach(folder: Path, user: str) -> bool:
    """Whether `user` may traverse every existing part of `folder`; tested as that user."""
    while not folder.exists():
        folder = folder.parent
    test = shutil.which("test") or "/usr/bin/test"
    return (
        subprocess.run([test, "-x", folder], user=user, group=_group(user), extra_groups=[]).returncode == 0
    )


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _make_passable(folder: Path) -> None:
    """Create the missing parts of `folder`, traversable for the servers' user whatever the umask is."""
    for part in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        with suppress(FileExistsError):
            part.mkdir()
            part.chmod(0o755)


def _make_private(folder: Path, user: str | None) -> None:
    """Create a folder private to `user` (None: the current one). Raises HomeError if it belongs to someone else."""
    _make_passable(folder.parent)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if owner != os.geteuid():
            os.chown(folder, owner, _group(user) if user else -1)
    if folder.is_symlink() or folder.stat().st_uid not in (owner, os.geteuid()):
        raise HomeError(f"{folder} belongs to another user. Move it away and try again.")
