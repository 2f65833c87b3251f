"""Slow clients and scrapers, against a running server with the demo community.

python -m tests.runtime.load drip http://localhost:8000 --sockets 3000
python -m tests.runtime.load scrape http://localhost:8000 --addresses 2000
"""

from __future__ import annotations

import argparse
import asyncio
import http.cookiejar
import itertools
import re
import resource
import socket
import statistics
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

SLOW_REQUEST = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
)


@dataclass
class Dripping:
    """Sockets that send one byte per second: how many are open, and how many seconds each lasted."""

    open: int = 0
    closed_after: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def dripping(port: int, sockets: int) -> AsyncIterator[Dripping]:
    """Send that many slow requests until the server closes them; yields once all have started."""
    told = Dripping()
    begun = asyncio.Event()

    async def drip(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(_address(number), 0))
        answer = asyncio.ensure_future(reader.read(64))
        try:
            writer.write(SLOW_REQUEST)
            since = time.monotonic()
            told.open += 1
            if told.open == sockets:
                begun.set()
            while not answer.done():
                writer.write(b"x")
                await asyncio.wait([answer], timeout=1)
            told.closed_after.append(time.monotonic() - since)
            told.answers[_status(answer)] += 1
        finally:
            answer.cancel()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    tasks = [asyncio.ensure_future(drip(number)) for number in range(sockets)]
    await begun.wait()
    try:
        yield told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _status(answer: asyncio.Future[bytes]) -> str:
    if answer.exception():
        return "reset"
    return answer.result()[9:12].decode() or "closed"


def _address(number: int) -> str:
    """Return one of the loopback addresses, so that only a few sockets share one."""
    return f"127.1.{number // 250 % 250}.{number % 250 + 1}"


async def get(port: int, path: str, *, cookie: str = "", address: str = "127.0.0.1") -> tuple[int, float]:
    """Return the status of a page, 0 without a response, and the seconds it took."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
            lines += [f"Cookie: {cookie}"] if cookie else []
            writer.write("\r\n".join([*lines, "\r\n"]).encode())
            answer = await reader.read()
            writer.close()
        return int(answer[9:12] or 0), time.monotonic() - began
    except (OSError, TimeoutError):
        return 0, time.monotonic() - began


@dataclass
class Seen:
    """The responses to one kind of request."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def add(self, answer: tuple[int, float]) -> None:
        self.statuses[answer[0]] += 1
        self.seconds.append(answer[1])

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.seconds, n=20, method="inclusive")
        return f"{dict(self.statuses)} p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms"


async def at_rate(ask: Callable[[int], object], *, per_second: float, seconds: float) -> None:
    """Call `ask` at a fixed rate, however long the responses take, and wait for all of them."""
    began, tasks = time.monotonic(), []
    for number in itertools.count():
        due = began + number / per_second
        if due > began + seconds:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        tasks.append(asyncio.ensure_future(ask(number)))  # type: ignore[arg-type]
    await asyncio.gather(*tasks)


async def drip_command(port: int, sockets: int) -> None:
    calm, slow = Seen(), Seen()
    await at_rate(_asking(calm, port, ["/accounts/login/"]), per_second=5, seconds=5)
    print(f"calm: {calm}")
    async with dripping(port, sockets) as told:
        print(f"{told.open} sockets opened, {len(told.closed_after)} closed meanwhile")
        await at_rate(_asking(slow, port, ["/accounts/login/"]), per_second=5, seconds=15)
        print(f"while they drip ({len(told.closed_after)} closed): {slow}, slowest {max(slow.seconds):.2f} s")
        while len(told.closed_after) < sockets:
            await asyncio.sleep(0.5)
        print(f"closed after {min(told.closed_after):.1f} to {max(told.closed_after):.1f} s: {told.answers}")


def _asking(
    seen: Seen, port: int, paths: list[str], *, cookie: str = "", addresses: int = 1
) -> Callable[[int], object]:
    mark = time.monotonic_ns()  # a value that no page cache has seen, of a parameter that it heeds

    async def ask(number: int) -> None:
        path = f"{paths[number % len(paths)]}?sort={mark + number}"
        seen.add(await get(port, path, cookie=cookie, address=_address(number % addresses)))

    return ask


async def scrape_command(port: int, addresses: int, made_up: bool, rounds: int, seconds: float) -> None:
    paths = _topics(port)
    member = _log_in(port)
    capacity = await _capacity(port, paths, seconds=seconds)
    print(f"capacity for visitors: {capacity:.1f} pages/s")
    calm, scraped, scrapers = Seen(), Seen(), Seen()
    member_rate = max(1.0, capacity / 8)
    cookie = "sessionid=0123456789abcdefghijklmnopqrstuv" if made_up else ""
    for _ in range(rounds):
        await at_rate(_asking(calm, port, paths, cookie=member), per_second=member_rate, seconds=seconds)
        await asyncio.gather(
            at_rate(_asking(scraped, port, paths, cookie=member), per_second=member_rate, seconds=seconds),
            at_rate(
                _asking(scrapers, port, paths, cookie=cookie, addresses=addresses),
                per_second=capacity * 3,
                seconds=seconds,
            ),
        )
    print(f"members in calm: {calm}\nmembers while scraped: {scraped}\nscrapers: {scrapers}")


async def _capacity(port: int, paths: list[str], *, seconds: float) -> float:
    """Return the number of pages per second for visitors with 8 concurrent requests."""
    seen, until = Seen(), time.monotonic() + seconds

    async def read_on(reader: int) -> None:
        for number in itertools.count(reader * 1_000_000):
            if time.monotonic() > until:
                return
            await _asking(seen, port, paths)(number)  # type: ignore[misc]

    await asyncio.gather(*(read_on(reader) for reader in range(8)))
    return seen.statuses[200] / seconds


def _topics(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://localhost:{port}/latest/") as page:
        return sorted(set(re.findall(r'href="(/t/\d+/[\w-]+/)"', page.read().decode())))


def _log_in(port: int) -> str:
    """Log in a demo customer and return the session cookie."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://localhost:{port}/accounts/login/"
    page = browser.open(address).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"login": "customer@demo.example", "password": "caravan-demo"}
    data = {**form, "csrfmiddlewaretoken": token[1] if token else ""}
    browser.open(address, urllib.parse.urlencode(data).encode())
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.runtime.load", description=__doc__)
    parser.add_argument("what", choices=["drip", "scrape"])
    parser.add_argument("url")
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--addresses", type=int, default=2000)
    parser.add_argument("--made-up", action="store_true", help="the scrapers send a session that is nobody's")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    port = urllib.parse.urlsplit(options.url).port or socket.getservbyname("http")
    if options.what == "drip":
        asyncio.run(drip_command(port, options.sockets))
    else:
        asyncio.run(scrape_command(port, options.addresses, options.made_up, options.rounds, options.seconds))


if __name__ == "__main__":
    main()
