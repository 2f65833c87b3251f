"""The table that `make bench` prints and saves, with the figures of an earlier run."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.load import cores

if TYPE_CHECKING:
    from bench.engine import EngineRow

HERE = Path(__file__).resolve().parent
JSON = HERE / "latest.json"
BEFORE = HERE / "before.json"
MARKDOWN = HERE / "latest.md"
MOST_HTML = 30_000
MIXED_READS_MS = 60.0
FOLLOWED_PER_CPU_SECOND = 4_000


@dataclass(frozen=True)
class Round:
    """A burst of a page and a burst of the bare view."""

    requests: int
    per_second: float
    p95_ms: float
    cpu_seconds: float
    bare_requests: int
    bare_per_second: float
    bare_cpu_seconds: float


@dataclass(frozen=True)
class Figure:
    """A page under one kind of load: medians over the rounds, and CPU time of the web server per request."""

    per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p95_ms: float
    cpu_ms: float
    bare_cpu_ms: float


@dataclass(frozen=True)
class PageRow:
    """A page for one kind of reader. Loads that were not run or failed have no figure."""

    page: str
    reader: str
    min_ratio: float
    max_ms: float
    max_statements: int
    cost: Mapping[str, int]
    loads: Mapping[str, Figure]
    failures: Sequence[str]


@dataclass(frozen=True)
class MixedRow:
    kind: str
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: int


@dataclass(frozen=True)
class WorkRow:
    """A piece of background work: `count` of `unit`, in `seconds`, and CPU seconds of Python and PostgreSQL."""

    what: str
    count: int
    unit: str
    seconds: float
    cpu_seconds: float = 0.0  # earlier runs did not measure it


@dataclass(frozen=True)
class Result:
    machine: str
    commit: str
    data: str
    web_memory_mb: float
    pages: Sequence[PageRow]
    mixed: Sequence[MixedRow]
    work: Sequence[WorkRow]
    failures: Sequence[str] = ()


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    load = f"a load average of {os.getloadavg()[2]:.1f} in the last 15 minutes"
    return f"{cores()} cores, {model}, Python {platform.python_version()}, {load}"


def commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def figure_of(rounds: Sequence[Round]) -> Figure:
    ratios = [one.per_second / one.bare_per_second for one in rounds]
    return Figure(
        per_second=statistics.median(one.per_second for one in rounds),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        p95_ms=statistics.median(one.p95_ms for one in rounds),
        cpu_ms=1000 * sum(one.cpu_seconds for one in rounds) / sum(one.requests for one in rounds),
        bare_cpu_ms=1000
        * sum(one.bare_cpu_seconds for one in rounds)
        / sum(one.bare_requests for one in rounds),
    )


INTRODUCTION = """
Ratio: requests a second of the page ÷ those of a bare Django view of the same bytes, behind the middleware of
commit 73aceb0, in turns with the page. CPU: milliseconds a request of the web server's processes, PostgreSQL and
Redis not counted; in brackets the bare view's. Cold: each request is for another topic and by another reader (50
members, 50 askers reading their own topics, 5 salespeople, 3 managers), and none has the address of another. Dummy
cache: cold, on a server that caches nothing. Warm: one request over and over. All of these at 1 connection; the last
columns are cold at 16. Before: cold, at {before}.
"""

HEAD = (
    "| page | reader | cold (min–max) | bar | CPU ms (bare) | p95 ms | dummy cache | warm | warm CPU ms | 16 conn. "
    "| p95 ms | statements (warm) | kB (gzip) | kB without posts | before | CPU ms |"
)


def markdown(result: Result, before: Mapping[str, Any]) -> str:
    was = {(row["page"], row["reader"]): row["loads"].get("cold") for row in before.get("pages", ())}
    lines = [
        f"Measured on {result.machine}, at {result.commit}; web server: {result.web_memory_mb:.0f} MB.",
        f"Data: {result.data}.",
        INTRODUCTION.format(before=before.get("commit", "no earlier run")),
    ]
    if result.pages:
        lines += [HEAD, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
        lines += [_page_line(row, was.get((row.page, row.reader))) for row in result.pages]
    if result.mixed:
        lines += [
            "",
            "Mixed, an open loop with the worker running: 200 members, topics by a power law; milliseconds from when "
            "each request was due.",
            "",
            "| what | requests | not answered in 60 s | p50 ms | p95 ms | p99 ms | before: p50 | p95 | p99 |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        earlier = {row["kind"]: row for row in before.get("mixed", ())}
        lines += [_mixed_line(row, earlier.get(row.kind)) for row in result.mixed]
    if result.work:
        took = {row["what"]: row for row in before.get("work", ())}
        lines += [
            "",
            "Background work, measured when the data set was imported; `--keep-data` does not repeat it.",
        ]
        lines += [
            "",
            "| work | how much | seconds | a second | before | CPU s | a CPU second | before |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [_work_line(row, took.get(row.what)) for row in result.work]
    missed = misses(result)
    lines += (
        ["", "Bars missed:", "", *[f"- {miss}" for miss in missed]] if missed else ["", "No bar is missed."]
    )
    if result.failures:
        lines += [
            "",
            "**Wrong answers, so not measured:**",
            "",
            *[f"- {failure}" for failure in result.failures],
        ]
    return "\n".join(lines) + "\n"


def _page_line(row: PageRow, before: Mapping[str, float] | None) -> str:
    cold, dummy, warm, busy = (row.loads.get(name) for name in ("cold", "dummy", "warm", "busy"))
    cost = row.cost
    cells = [
        row.page,
        row.reader,
        f"{cold.ratio:.2f} ({cold.ratio_low:.2f}–{cold.ratio_high:.2f})" if cold else "–",
        f"≥ {row.min_ratio:.2f}" if row.min_ratio else f"≤ {row.max_ms:.0f} ms" if row.max_ms else "",
        f"{cold.cpu_ms:.1f} ({cold.bare_cpu_ms:.2f})" if cold else "–",
        f"{cold.p95_ms:.1f}" if cold else "–",
        f"{dummy.ratio:.2f}" if dummy else "–",
        f"{warm.ratio:.2f}" if warm else "–",
        f"{warm.cpu_ms:.2f}" if warm else "–",
        f"{busy.ratio:.2f}" if busy else "–",
        f"{busy.p95_ms:.0f}" if busy else "–",
        f"{cost['statements']} ({cost['statements_warm']})",
        f"{cost['bytes'] / 1000:.1f} ({cost['gzipped'] / 1000:.1f})",
        f"{cost['bytes_without_posts'] / 1000:.1f}",
        f"{before['ratio']:.2f}" if before else "–",
        f"{before['cpu_ms']:.1f}" if before else "–",
    ]
    return f"| {' | '.join(cells)} |"


def _mixed_line(row: MixedRow, before: Mapping[str, float] | None) -> str:
    now = f"| {row.kind} | {row.requests} | {row.unanswered} | {row.p50_ms:.0f} | {row.p95_ms:.0f} | {row.p99_ms:.0f} "
    return (
        now
        + "".join(f"| {before[key]:.0f} " if before else "| – " for key in ("p50_ms", "p95_ms", "p99_ms"))
        + "|"
    )


def _work_line(row: WorkRow, before: Mapping[str, Any] | None) -> str:
    now, was = asdict(row), before or {}
    cells = [
        row.what,
        f"{row.count} {row.unit}",
        f"{row.seconds:.1f}",
        _rate(now, "seconds"),
        _rate(was, "seconds"),
        f"{row.cpu_seconds:.1f}" if row.cpu_seconds else "–",
        _rate(now, "cpu_seconds"),
        _rate(was, "cpu_seconds"),
    ]
    return f"| {' | '.join(cells)} |"


def _rate(row: Mapping[str, Any], per: str) -> str:
    return f"{row['count'] / row[per]:.0f}" if row.get(per) else "–"


def misses(result: Result) -> list[str]:
    """Return a line for every target that a figure of this run misses."""
    found = [miss for row in result.pages for miss in _page_misses(row)]
    reads = next((row for row in result.mixed if row.kind == "read"), None)
    if reads and reads.p95_ms > MIXED_READS_MS:
        found.append(f"mixed reads: p95 {reads.p95_ms:.0f} ms, at most {MIXED_READS_MS:.0f}")
    followed = next((row for row in result.work if row.what == "follow" and row.cpu_seconds), None)
    if followed and followed.count / followed.cpu_seconds < FOLLOWED_PER_CPU_SECOND:
        found.append(
            f"follow: {followed.count / followed.cpu_seconds:.0f} events a CPU second, at least "
            f"{FOLLOWED_PER_CPU_SECOND}"
        )
    return found


def _page_misses(row: PageRow) -> list[str]:
    name, found = f"{row.page}, {row.reader}", []
    cold, dummy, warm = (row.loads.get(load) for load in ("cold", "dummy", "warm"))
    if cold and cold.ratio < row.min_ratio:
        found.append(f"{name}: {cold.ratio:.2f} cold, at least {row.min_ratio:.2f}")
    if cold and row.max_ms and 1000 / cold.per_second > row.max_ms:
        found.append(f"{name}: {1000 / cold.per_second:.0f} ms, at most {row.max_ms:.0f}")
    # Compare CPU time, which depends less on other load on the machine than the ratio.
    if cold and dummy and dummy.cpu_ms / cold.cpu_ms > 1.1:
        found.append(f"{name}: {dummy.cpu_ms:.1f} CPU ms with a dummy cache and {cold.cpu_ms:.1f} with ours")
    if warm and row.reader == "visitor" and row.min_ratio and warm.ratio < 1:
        found.append(f"{name}: {warm.ratio:.2f} warm, at least 1.0")
    if row.max_statements and row.cost["statements"] > row.max_statements:
        found.append(f"{name}: {row.cost['statements']} statements, at most {row.max_statements}")
    has_posts = row.cost["bytes_without_posts"] < row.cost["bytes"]
    if has_posts and row.cost["bytes_without_posts"] > MOST_HTML:
        found.append(f"{name}: {row.cost['bytes_without_posts'] / 1000:.1f} kB without posts, at most 30")
    return found


ENGINE = "\n## Engine\n"


def keep_engine(rows: Sequence[EngineRow], *, members: int, events: int, whole: bool) -> str:
    """Return the engine's table; saves it below the pages' table if the run was of the whole size."""
    lines = [
        f"Measured on {machine()}, at {commit()}: {members:,} members and {events:,} events, with "
        "heavy-tailed activity. CPU seconds include Python and PostgreSQL.",
        "",
        "| what | figure | bar |",
        "|---|---:|---:|",
        *[_engine_line(row) for row in rows],
    ]
    table = "\n".join(lines) + "\n"
    if whole:
        pages = MARKDOWN.read_text().partition(ENGINE)[0]
        MARKDOWN.write_text(f"{pages}{ENGINE}\n{table}")
    return table


def _engine_line(row: EngineRow) -> str:
    figure = (
        f"{row.figure:,.0f}" if row.figure >= 100 or row.figure == int(row.figure) else f"{row.figure:.2f}"
    )
    bar = f"{'≤' if row.is_most else '≥'} {row.bar:,g}{' (missed)' if row.is_missed else ''}"
    return f"| {row.what} | {figure} {row.unit} | {bar} |"


def keep(result: Result, *, whole: bool) -> str:
    """Return the table; saves it in this folder if the run was complete and without failures."""
    table = markdown(result, json.loads(BEFORE.read_text()) if BEFORE.exists() else {})
    if whole and not result.failures:
        JSON.write_text(json.dumps(asdict(result), indent=1) + "\n")
        _, found, engine = MARKDOWN.read_text().partition(ENGINE)
        MARKDOWN.write_text(table + found + engine)
    return table
