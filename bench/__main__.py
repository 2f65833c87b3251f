"""Run with `make bench DUMP=folder` or `make bench FILL=1`; prints a table and saves it as bench/latest.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load import Load, LoadError, Request, drive
from bench.servers import Server, web, workers
from community.runtime import environment
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home

if TYPE_CHECKING:
    from bench.report import MixedRow, PageRow, Round
    from bench.scenario import Page

LOADS = ("cold", "dummy", "warm", "busy")
PARTS = (*LOADS, "mixed", "work")
MAX_PER_SECOND = 2_000  # upper bound of the rate of a cold burst
MIN_RESPONSES = 10  # per burst
REQUESTS_PER_PAGE = 10**7
MIXED_SECONDS, MIXED_PER_SECOND = 60, 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("dump", type=Path, nargs="?", help="folder of an unpacked Stack Exchange data dump")
    parser.add_argument(
        "--fill", action="store_true", help="add 20,000 members, 10,000 topics and 100,000 posts"
    )
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--pages", default="", help="measure only pages whose name begins so")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="length of one burst")
    parser.add_argument("--port", type=int, default=8765, help="the first of three")
    parser.add_argument("--keep-data", action="store_true", help="measure on the last run's data")
    options = parser.parse_args()
    options.parts = options.only.split(",")
    if set(options.parts) - set(PARTS):
        parser.error(f"--only takes some of {','.join(PARTS)}")
    if not (options.fill or options.dump or options.keep_data):
        parser.error("name a folder with a data dump, or --fill")
    if options.dump and not (options.dump / "Posts.xml").exists():
        parser.error(f"{options.dump} holds no Posts.xml")
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (on Debian: apt-get install wrk)")
    home = Home(BASE_DIR / "var/bench")
    if not options.keep_data:
        shutil.rmtree(home.root, ignore_errors=True)
    environment.apply(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with Servers(home):
        return measure(home, options)


def measure(home: Home, options: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from bench import fill, people, report, scenario

    if options.keep_data:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        fill.vacuum()
    else:
        write_data(home, options)
    people.lift_limits()
    written = json.loads((home.root / "data.json").read_text())
    data, work = scenario.data_set(written["name"]), [report.WorkRow(**row) for row in written["work"]]
    rows: list[PageRow] = []
    mixed: list[MixedRow] = []
    failures: list[str] = []
    work = work if "work" in options.parts else []
    with ExitStack() as stack:
        site = stack.enter_context(web(home, "web", options.port))
        if set(LOADS) & set(options.parts):
            bare = stack.enter_context(
                web(home, "bare", options.port + 1, settings="bench.bare_settings", answers="/8/")
            )
            dummy = site
            if "dummy" in options.parts:
                dummy = stack.enter_context(web(home, "dummy", options.port + 2, BENCH_DUMMY_CACHE="1"))
            rows = [
                measure_page(page, number, (site, bare, dummy), options)
                for number, page in enumerate(scenario.pages())
                if page.name.startswith(options.pages)
            ]
        if "mixed" in options.parts:
            with workers(home):
                mixed = measure_mixed(site, failures)
        memory = site.memory_mb()
    failures += [failure for row in rows for failure in row.failures]
    result = report.Result(report.machine(), report.commit(), data, memory, rows, mixed, work, failures)
    whole = {"cold", "mixed"} <= set(options.parts) and not options.pages
    print(report.keep(result, whole=whole))
    return 1 if failures else 0


def write_data(home: Home, options: argparse.Namespace) -> None:
    """Write the data set of a run, and data.json with its name and the timings of the background work."""
    from django.core.management import call_command

    from bench import fill, people, scenario

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    work = scenario.import_dump(options.dump) if options.dump else []
    started = time.perf_counter()
    people.prepare()
    # Without FILL, only the desk needs some data.
    fill.fill(fill.Size() if options.fill else fill.Size(100, 50, 250, 0, prospects=50))
    fill.vacuum()
    say(f"filled in {time.perf_counter() - started:.0f} s")
    names = [options.dump.resolve().name if options.dump else "", "filled by COPY" if options.fill else ""]
    written = {"name": " and ".join(filter(None, names)), "work": [asdict(row) for row in work]}
    (home.root / "data.json").write_text(json.dumps(written))


def measure_page(
    page: Page, number: int, servers: tuple[Server, Server, Server], options: argparse.Namespace
) -> PageRow:
    """Measure a page under each load, alternating with the bare view of the same size."""
    from django.core.cache import cache

    from bench import report, scenario

    site, bare, dummy = servers
    cost = asdict(scenario.cost(page))
    cache.clear()
    sequence = RequestSequence(page.request, used=number * REQUESTS_PER_PAGE)
    loads = [("cold", site, 1), ("dummy", dummy, 1), ("warm", site, 1), ("busy", site, 16)]
    if not page.is_read:
        loads = [load for load in loads if load[0] in ("cold", "busy")]
    loads = [load for load in loads if load[0] in options.parts]
    rounds: dict[str, list[Round]] = {name: [] for name, _, _ in loads}
    failures: dict[str, str] = {}
    bare_request = [Request(f"/{max(cost['bytes'], 8)}/")]
    for _ in range(options.rounds):
        bare_bursts: dict[int, Burst] = {}
        for name, server, connections in loads:
            if name in failures:
                continue
            if connections not in bare_bursts:
                bare_bursts[connections] = burst(
                    bare, lambda count: bare_request, connections, options.seconds
                )
            requests = sequence.next if name != "warm" else lambda count: [page.warm()]
            try:
                one = burst(server, requests, connections, options.seconds, writes=not page.is_read)
            except LoadError as error:
                failures[name] = f"{page.name}, {page.reader}, {name}: {error}"
                say(f"WRONG ANSWERS: {failures[name]}")
                continue
            rounds[name].append(round_of(one, bare_bursts[connections]))
    figures = {name: report.figure_of(some) for name, some in rounds.items() if some and name not in failures}
    say(
        f"{page.name}, {page.reader}: "
        + ", ".join(f"{name} {one.ratio:.2f}" for name, one in figures.items())
    )
    return report.PageRow(
        page.name,
        page.reader,
        page.min_ratio,
        page.max_ms,
        page.max_statements,
        cost,
        figures,
        list(failures.values()),
    )


@dataclass
class RequestSequence:
    """A page's numbered requests; no number is used twice."""

    request: Callable[[int], Request]
    used: int

    def next(self, count: int) -> list[Request]:
        self.used += count
        return [self.request(number) for number in range(self.used - count, self.used)]


@dataclass(frozen=True)
class Burst:
    load: Load
    cpu_seconds: float


def burst(
    server: Server,
    requests: Callable[[int], list[Request]],
    connections: int,
    seconds: int,
    *,
    writes: bool = False,
) -> Burst:
    """Send requests for `seconds`, or longer until there are enough responses.

    Raises LoadError for unexpected responses, and when fewer posts were written than sent.
    """
    from community.forum.models import Post

    for length in (seconds, 3 * seconds, 6 * seconds):
        posts = Post.objects.count() if writes else 0
        used = server.cpu_seconds()
        load = drive(server.url, requests(MAX_PER_SECOND * length), connections=connections, seconds=length)
        used = server.cpu_seconds() - used
        if writes and Post.objects.count() - posts < load.requests:
            raise LoadError(f"{load.requests} replies were sent and {Post.objects.count() - posts} written")
        if load.requests >= MIN_RESPONSES:
            break
    if not load.requests:
        raise LoadError(f"no answer in {length} s")
    return Burst(load, used)


def round_of(page: Burst, bare: Burst) -> Round:
    from bench.report import Round

    return Round(
        page.load.requests,
        page.load.per_second,
        page.load.p95_ms,
        page.cpu_seconds,
        bare.load.requests,
        bare.load.per_second,
        bare.cpu_seconds,
    )


def measure_mixed(site: Server, failures: list[str]) -> list[MixedRow]:
    """Measure a mix of reads and replies by many members in an open loop."""
    from django.core.cache import cache

    from bench import open_loop, scenario
    from bench.report import MixedRow

    cache.clear()
    requests = scenario.mixed(count=MIXED_SECONDS * MIXED_PER_SECOND)
    try:
        measured = open_loop.run(site.url, requests, per_second=MIXED_PER_SECOND)
        return [MixedRow(**asdict(one)) for one in measured]
    except LoadError as error:
        failures.append(f"mixed: {error}")
        return []


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
