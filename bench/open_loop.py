"""An open-loop load generator: requests are sent at a fixed rate, however long the responses take.

Latencies are measured from when a request was due, which avoids coordinated omission when the server stalls.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.load import LoadError, Request

TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from when a request was due to the last byte of its response."""

    kind: str
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: int


def run(url: str, requests: Sequence[tuple[str, Request]], *, per_second: float) -> list[Latencies]:
    """Send the (kind, request) pairs at `per_second`; return the latencies of each kind.

    A request that timed out counts as `TIMEOUT`. Raises LoadError for any unexpected response.
    """
    # In a separate thread, because the current one has a running loop if Playwright was used.
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: asyncio.run(_run(url, requests, 1 / per_second))).result()
    bad = [answer for _, _, answer in done if answer]
    if bad:
        raise LoadError(f"{len(bad)} of {len(done)} answers were wrong; the first: {bad[0]}")
    kinds = list(dict.fromkeys(kind for kind, _ in requests))
    return [_latencies(kind, [ms for other, ms, _ in done if other == kind]) for kind in kinds]


def _latencies(kind: str, milliseconds: Sequence[float]) -> Latencies:
    twice = sorted([*milliseconds, *milliseconds])  # quantiles() needs at least two values
    cuts = statistics.quantiles(twice, n=100, method="inclusive")
    late = sum(ms >= TIMEOUT * 1000 for ms in milliseconds)
    return Latencies(kind, len(milliseconds), cuts[49], cuts[94], cuts[98], late)


async def _run(url: str, requests: Sequence[tuple[str, Request]], gap: float) -> list[tuple[str, float, str]]:
    start = asyncio.get_running_loop().time() + 0.1
    return await asyncio.gather(
        *(_one(url, kind, request, start + n * gap) for n, (kind, request) in enumerate(requests))
    )


async def _one(url: str, kind: str, request: Request, due: float) -> tuple[str, float, str]:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(due - loop.time())
    try:
        bad = await asyncio.wait_for(_answer(url, request), due + TIMEOUT - loop.time())
    except TimeoutError:
        bad = ""
    except OSError as error:
        bad = f"{request.path}: {error!r}"
    return kind, (loop.time() - due) * 1000, bad


async def _answer(url: str, request: Request) -> str:
    """Send the request on a new connection; return what is wrong with the response, or an empty string."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(request.lines(where.netloc, connection="close").encode())
        answer = await reader.read()
    finally:
        writer.close()
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    status = head[0].split(" ")[1] if head[0].startswith("HTTP/") else ""
    places = [line.partition(":")[2].strip() for line in head if line.lower().startswith("location:")]
    if status != str(request.status) or request.location not in "".join(places):
        return f"{request.path}: {' '.join([status, *places]) or 'no answer'}"
    return ""
