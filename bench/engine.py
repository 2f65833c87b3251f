"""Run with `make bench ENGINE=1`: stages and scores of 50,000 members with 3M events.

A rate is per CPU second of Python and PostgreSQL together, which other load on the machine changes less. Prints
a table and saves it in bench/latest.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from bench.servers import Server
from community.runtime import environment
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home

MARK = "journeys.mark"
SHARDS_PER_RUN = 6
LATE_EVENTS, RETRACTIONS, KILLS = 20_000, 5_000, 3
DAYS_OF_MOST_ACTIVE = 20


@dataclass(frozen=True)
class EngineRow:
    """A measured figure and its bar: a minimum, or a maximum with `is_most`."""

    what: str
    figure: float
    unit: str
    bar: float
    is_most: bool = False

    @property
    def is_missed(self) -> bool:
        return self.figure > self.bar if self.is_most else self.figure < self.bar


@dataclass
class Clock:
    """CPU seconds of this process and everything it started, which includes PostgreSQL."""

    cpu: float = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ENGINE=1", description=__doc__)
    parser.add_argument("--members", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=3_000_000)
    options = parser.parse_args()
    home = Home(BASE_DIR / "var/bench-engine")
    rmtree(home.root, ignore_errors=True)
    environment.apply(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with Servers(home):
        import django

        django.setup()
        from django.core.management import call_command

        from bench import engine_data, fill, report

        size = engine_data.Size(options.members, options.events)
        call_command("migrate", verbosity=0)
        with _timed("filled"):
            engine_data.fill(size)
            fill.vacuum()
        rows = list(_measure(size.events))
        print(
            report.keep_engine(
                rows, members=size.members, events=size.events, whole=size == engine_data.Size()
            )
        )
    return 0


def _measure(events: int) -> Iterator[EngineRow]:
    yield from _mark(events)
    yield from _drain()
    yield _second_drain()
    yield _one_day()
    yield _replay()
    yield from _check()


def _mark(events: int) -> Iterator[EngineRow]:
    """Follow the whole log; the rate at the start and at the end shows whether the backlog matters."""
    part = max(events // 15, 1)
    rates, left = [], True
    while left:
        with _timed("marked") as clock:
            read = _follow(part)
        left = read >= part
        if left:
            rates.append(read / clock.cpu)
    yield EngineRow(f"events marked, {events:,} waiting", rates[0], "events per CPU second", 15_000)
    yield EngineRow(f"events marked, {2 * part:,} waiting", rates[-2], "events per CPU second", 15_000)


def _follow(most: int = sys.maxsize) -> int:
    from community.events.services.cursors import follow

    read = 0
    while read < most and (batch := follow(MARK)):
        read += batch
    return read


def _drain() -> Iterator[EngineRow]:
    from journeys.services import dirty

    one, *two = ([shard + part * SHARDS_PER_RUN for shard in range(SHARDS_PER_RUN)] for part in range(3))
    with _timed("drained by one") as clock:
        alone = _drain_shards(one)
    yield EngineRow("member-days drained", alone.days / clock.cpu, "per CPU second", 7_000)
    both = _in_processes(two)
    rate = sum(done.days for done in both) / max(done.seconds for done in both)
    yield EngineRow("two connections", rate / (alone.days / alone.seconds), "times one", 1.8)
    rest = range(3 * SHARDS_PER_RUN, dirty.SHARDS)
    with _timed("drained the others"):
        _in_processes([rest[::2], rest[1::2]])


class Drained(NamedTuple):
    days: int  # different member-days
    seconds: float


def _drain_shards(shards: Sequence[int]) -> Drained:
    from django.db import connection

    from journeys.services import shards as services

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT DISTINCT member_id, day FROM journeys_dirty WHERE shard = ANY(%s)) d",
            [list(shards)],
        )
        days = int(cursor.fetchone()[0])
    began = time.perf_counter()
    for shard in shards:
        while services.drain(shard).keys:
            pass
    return Drained(days, time.perf_counter() - began)


def _second_drain() -> EngineRow:
    from django.db import connection

    from journeys.services import dirty, shards

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journeys_dirty (shard, member_id, day) SELECT DISTINCT 0, member_id, day FROM member_day "
            "WHERE member_id %% %s = 0",
            [dirty.SHARDS],
        )
    written = 0
    while (done := shards.drain(0)).keys:
        written += done.rollup + done.rows
    return EngineRow("rows written by a second drain", written, "rows", 0, is_most=True)


def _one_day() -> EngineRow:
    """One more reply per day by the member with the most events, each followed and drained; CPU time.

    Any process takes about the same time, as what a drain continues from is in the database.
    """
    from django.db import connection
    from django.utils import timezone

    from community.events.catalogue import REPLY_CREATED
    from community.events.services.recording import Draft, record_all
    from journeys.services import dirty, shards

    with connection.cursor() as cursor:
        cursor.execute("SELECT member_id FROM member_day GROUP BY 1 ORDER BY sum(n) DESC LIMIT 1")
        (member,) = cursor.fetchone()
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()

    def cpu_seconds() -> float:
        scheduled = Path(f"/proc/{backend}/schedstat").read_text()
        return time.process_time() + int(scheduled.split()[0]) / 10**9

    took = []
    for number in range(DAYS_OF_MOST_ACTIVE):
        reply = Draft(
            name=REPLY_CREATED,
            occurred_at=timezone.now() - timedelta(number),
            payload={"words": 5, "is_answer": True, "topic_id": 1},
            member_id=member,
            actor_id=member,
            key=f"one-day:{number}",
        )
        record_all([reply])
        _follow()
        began = cpu_seconds()
        shards.drain(dirty.shard_of(member))
        took.append(cpu_seconds() - began)
    return EngineRow(
        "one day of the most active member", 1000 * statistics.median(took), "ms", 3, is_most=True
    )


def _replay() -> EngineRow:
    from django.core.management import call_command

    with _timed("replayed") as clock:
        call_command("journeys_replay", verbosity=0)
    return EngineRow("full replay", clock.cpu, "CPU seconds", 60, is_most=True)


def _check() -> Iterator[EngineRow]:
    """Compare with a fresh fold after late events and retractions, drained by processes that are killed."""
    from journeys.services import dirty, replay

    _disturb()
    _follow()
    for _ in range(KILLS):
        _drain_and_kill()
    _in_processes([range(half, dirty.SHARDS, 2) for half in range(2)])
    with _timed("checked"):
        found = replay.check_everyone()
    for sentence in found.differences[:5]:
        _say(sentence)
    what = f"differences after {LATE_EVENTS:,} late events, {RETRACTIONS:,} retractions and {KILLS} kills"
    yield EngineRow(what, len(found.differences), f"in {found.members:,} members", 0, is_most=True)


def _drain_and_kill() -> None:
    """Drain everything in a process, and kill it while it drains."""
    from journeys.models import Dirty
    from journeys.services import dirty

    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    waiting = Dirty.objects.count()
    victim = context.Process(target=_in_process, args=(range(dirty.SHARDS), results))
    victim.start()
    while Dirty.objects.count() == waiting:
        time.sleep(0.01)
    victim.kill()
    victim.join()


def _disturb() -> None:
    """Record late events, and retract others."""
    from django.utils import timezone

    from community.events.catalogue import PURCHASE_COMPLETED, REPLY_CREATED
    from community.events.models import Event
    from community.events.services.recording import Draft, record_all, retract
    from community.members.models import Member

    chance, now = random.Random(2), timezone.now()  # noqa: S311
    members = list(Member.objects.values_list("pk", flat=True))

    def late(number: int) -> Draft:
        reply: dict[str, object] = {"words": 5, "is_answer": True, "topic_id": 1}
        is_sale = number % 2 == 0
        return Draft(
            name=PURCHASE_COMPLETED if is_sale else REPLY_CREATED,
            occurred_at=now - timedelta(chance.randrange(1, 1000), chance.randrange(86_400)),
            payload={"external_id": f"late-{number}"} if is_sale else reply,
            member_id=chance.choice(members),
            value_cents=4_900 if is_sale else None,
            currency="EUR" if is_sale else "",
            key=f"late:{number}",
        )

    record_all(map(late, range(LATE_EVENTS)))
    some = Event.objects.not_retracted().filter(member_id__in=chance.sample(members, len(members) // 10))
    retract(list(some.order_by("event_id")[:RETRACTIONS]), reason="a test")


def _in_processes(parts: Sequence[Sequence[int]]) -> list[Drained]:
    """Drain each part in a process of its own, with its own connection."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_in_process, args=(part, results)) for part in parts]
    for process in processes:
        process.start()
    done = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return done


def _in_process(part: Sequence[int], results: multiprocessing.Queue[Drained]) -> None:
    import django

    django.setup()
    results.put(_drain_shards(part))


@contextmanager
def _timed(what: str) -> Iterator[Clock]:
    process, clock = Server("", os.getpid()), Clock()
    began, used = time.perf_counter(), process.cpu_seconds()
    yield clock
    clock.cpu = process.cpu_seconds() - used
    _say(f"{what} in {time.perf_counter() - began:.1f} s ({clock.cpu:.1f} CPU seconds)")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
