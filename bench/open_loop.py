"""An open loop: requests leave at fixed times, however long the answers take.

Each latency counts from the moment a request was due, so that a server that stalls is not spared those
who would have asked meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.load import Ask, LoadError

LONGEST = 60  # seconds; whoever waits so long has gone


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from when a request was due to the last byte of its answer."""

    kind: str
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: int


def run(url: str, asks: Sequence[tuple[str, Ask]], *, per_second: float) -> list[Latencies]:
    """Send each (kind, request) in its turn, `per_second` of them; return the latencies of each kind.

    One that nobody answered counts as long as it was waited for. Raises LoadError when any answer is not the
    one expected.
    """
    # In a thread of its own: where Playwright has run, this one has a loop already.
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: asyncio.run(_run(url, asks, 1 / per_second))).result()
    bad = [answer for _, _, answer in done if answer]
    if bad:
        raise LoadError(f"{len(bad)} of {len(done)} answers were wrong; the first: {bad[0]}")
    kinds = list(dict.fromkeys(kind for kind, _ in asks))
    return [_latencies(kind, [ms for other, ms, _ in done if other == kind]) for kind in kinds]


def _latencies(kind: str, milliseconds: Sequence[float]) -> Latencies:
    twice = sorted([*milliseconds, *milliseconds])  # quantiles of one are none
    cuts = statistics.quantiles(twice, n=100, method="inclusive")
    late = sum(ms >= LONGEST * 1000 for ms in milliseconds)
    return Latencies(kind, len(milliseconds), cuts[49], cuts[94], cuts[98], late)


async def _run(url: str, asks: Sequence[tuple[str, Ask]], gap: float) -> list[tuple[str, float, str]]:
    start = asyncio.get_running_loop().time() + 0.1
    return await asyncio.gather(
        *(_one(url, kind, ask, start + n * gap) for n, (kind, ask) in enumerate(asks))
    )


async def _one(url: str, kind: str, ask: Ask, due: float) -> tuple[str, float, str]:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(due - loop.time())
    try:
        bad = await asyncio.wait_for(_answer(url, ask), due + LONGEST - loop.time())
    except TimeoutError:
        bad = ""
    except OSError as error:
        bad = f"{ask.path}: {error!r}"
    return kind, (loop.time() - due) * 1000, bad


async def _answer(url: str, ask: Ask) -> str:
    """Send the request on a connection of its own; return what is wrong with the answer, if anything."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(ask.lines(where.netloc, connection="close").encode())
        answer = await reader.read()
    finally:
        writer.close()
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    status = head[0].split(" ")[1] if head[0].startswith("HTTP/") else ""
    places = [line.partition(":")[2].strip() for line in head if line.lower().startswith("location:")]
    if status != str(ask.status) or ask.place not in "".join(places):
        return f"{ask.path}: {' '.join([status, *places]) or 'no answer'}"
    return ""
