"""The table that `make bench` prints and keeps."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.load import cores

HERE = Path(__file__).resolve().parent
JSON = HERE / "latest.json"
MARKDOWN = HERE / "latest.md"


@dataclass(frozen=True)
class PageRow:
    """One page under one kind of load; rates are medians over the rounds."""

    page: str
    reader: str
    connections: int
    per_second: float
    bare_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p95_ms: float
    statements: int
    bytes: int
    gzipped: int


@dataclass(frozen=True)
class WorkRow:
    """One piece of background work: how many of what, in how many seconds."""

    what: str
    count: int
    unit: str
    seconds: float


@dataclass(frozen=True)
class Result:
    machine: str
    commit: str
    web_memory_mb: float
    pages: Sequence[PageRow]
    work: Sequence[WorkRow]


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return f"{cores()} cores, {model}, Python {platform.python_version()}"


def commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def page_row(name: str, reader: str, connections: int, rounds: Sequence[tuple[float, float, float]], cost: dict[str, int]) -> PageRow:  # fmt: skip
    """Sum up rounds of (page requests/s, bare requests/s, page p95 in ms)."""
    ratios = [page / bare for page, bare, _ in rounds]
    return PageRow(
        page=name,
        reader=reader,
        connections=connections,
        per_second=statistics.median(page for page, _, _ in rounds),
        bare_per_second=statistics.median(bare for _, bare, _ in rounds),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        p95_ms=statistics.median(p95 for _, _, p95 in rounds),
        **cost,
    )


def markdown(result: Result, before: dict[tuple[str, str, int], float]) -> str:
    lines = [
        f"Measured on {result.machine}, at {result.commit}. Web tier: {result.web_memory_mb:.0f} MB.",
        "",
        "Ratio = requests/s of the page ÷ requests/s of a bare Django view of the same bytes, in the same round.",
        "",
        "| page | reader | connections | requests/s | bare | ratio (min–max) | last | p95 ms | statements | bytes (gzip) |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result.pages:
        last = before.get((row.page, row.reader, row.connections))
        lines.append(
            f"| {row.page} | {row.reader} | {row.connections} | {row.per_second:.0f} | {row.bare_per_second:.0f} "
            f"| {row.ratio:.2f} ({row.ratio_low:.2f}–{row.ratio_high:.2f}) | {f'{last:.2f}' if last else '–'} "
            f"| {row.p95_ms:.1f} | {row.statements} | {row.bytes} ({row.gzipped}) |"
        )
    lines += ["", "| work | how much | seconds | a second |", "|---|---:|---:|---:|"]
    lines += [
        f"| {row.what} | {row.count} {row.unit} | {row.seconds:.1f} | {row.count / max(row.seconds, 1e-9):.0f} |"
        for row in result.work
    ]
    return "\n".join(lines) + "\n"


def last_ratios() -> dict[tuple[str, str, int], float]:
    if not JSON.exists():
        return {}
    rows = json.loads(JSON.read_text())["pages"]
    return {(row["page"], row["reader"], row["connections"]): row["ratio"] for row in rows}


def keep(result: Result) -> str:
    """Write the result beside this file and return its table."""
    table = markdown(result, last_ratios())
    JSON.write_text(json.dumps(asdict(result), indent=1) + "\n")
    MARKDOWN.write_text(table)
    return table
