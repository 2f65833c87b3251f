"""Run as `make bench DUMP=folder`: prints a table and keeps it as bench/latest.md."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from bench.load import drive, memory_mb
from community.runtime import environment
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home

if TYPE_CHECKING:
    from bench.report import PageRow
    from bench.scenario import Page

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("dump", type=Path, help="folder of an unpacked Stack Exchange data dump")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one burst")
    parser.add_argument("--keep-data", action="store_true", help="measure pages on the last run's import")
    options = parser.parse_args()
    if not (options.dump / "Posts.xml").exists():
        parser.error(f"{options.dump} holds no Posts.xml")
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (on Debian: apt-get install wrk)")
    folder = BASE_DIR / "var/bench"
    if not options.keep_data:
        shutil.rmtree(folder, ignore_errors=True)
    home = Home(folder)
    environment.apply(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with Servers(home):
        measure(options)
    return 0


def measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from bench import report, scenario

    work = []
    if not options.keep_data:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        work = scenario.import_dump(options.dump)
    pages = scenario.pages()
    with web_server() as leader:
        rows = [row for page in pages for row in measure_page(page, options)]
        memory = memory_mb(leader)
    print(report.keep(report.Result(report.machine(), report.commit(), memory, rows, work)))


def measure_page(page: Page, options: argparse.Namespace) -> list[PageRow]:
    """Measure one page at 1 and at 16 connections, in turns with the bare view of the same bytes."""
    from bench import report, scenario

    cost = scenario.cost(page)
    bare = f"{ADDRESS}/bench/bare/{max(cost['bytes'], 8)}/"
    rows = []
    for connections in (1, 16):
        rounds = []
        for _ in range(options.rounds):
            bare_load = drive(bare, connections=connections, seconds=options.seconds)
            load = drive(
                ADDRESS + page.path, connections=connections, seconds=options.seconds, headers=page.headers, body=page.body
            )  # fmt: skip
            rounds.append((load.per_second, bare_load.per_second, load.p95_ms))
        rows.append(report.page_row(page.name, page.reader, connections, rounds, cost))
        print(f"{page.name}, {page.reader}, {connections}: {rows[-1].ratio:.2f} × bare", file=sys.stderr)
    return rows


@contextmanager
def web_server() -> Iterator[int]:
    """Serve with the configuration that `manage.py up` serves with, and give its process id."""
    command = [sys.executable, "-m", "gunicorn", "community.wsgi", "--config", "python:community.runtime.web"]
    process = subprocess.Popen([*command, "--bind", f"127.0.0.1:{PORT}"], cwd=BASE_DIR)
    try:
        _wait_for(f"{ADDRESS}/healthz")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urlopen(url, timeout=2).close()  # noqa: S310
            return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    sys.exit(main())
