"""The queue of requests in front of the threads: members first, and limits for visitors and log-ins."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from waitress.task import ThreadedTaskDispatcher

if TYPE_CHECKING:
    from .http_server import Channel

# While members are on the site and visitors queue, a visitor slot pauses for as long as its last request used the CPU;
# otherwise one busy slot per process would still take every core.
PAUSE_PER_CPU = 1
MAX_PAUSE_SECONDS = 1
# Members count as on the site for this many seconds after a member's request.
MEMBERS_SECONDS = 1

# By priority. OTHER: static files, health checks, the API, and cached pages.
MEMBER, OTHER, ACCOUNT, VISITOR = "member", "other", "account", "visitor"
LIMITED = (ACCOUNT, VISITOR)
# How many requests of a limited kind may wait for a slot; further ones are refused.
MAX_WAITING = 32


class TaskQueue:
    """A priority queue of connections with a request to run: members first, some kinds with limited concurrency.

    It replaces the deque of waitress' dispatcher, which accesses it under its lock.
    """

    def __init__(self, slots: Mapping[str, int]) -> None:
        self.slots = slots
        self.waiting: dict[str, deque[Channel]] = {kind: deque() for kind in slots}
        self.running: defaultdict[str, int] = defaultdict(int)
        self.member_came = -math.inf

    def __len__(self) -> int:
        return sum(self._runnable(kind) for kind in self.slots)

    def append(self, channel: Channel) -> None:
        self.waiting[channel.kind].append(channel)
        if channel.kind == MEMBER:
            self.member_came = time.monotonic()

    def popleft(self) -> Channel:
        kind = next(kind for kind in self.slots if self._runnable(kind))
        self.running[kind] += 1
        return self.waiting[kind].popleft()

    def needs_pause(self, kind: str) -> bool:
        """Return whether requests of a limited kind are queuing up while members are on the site."""
        return (
            kind in LIMITED
            and bool(self.waiting[kind])
            and time.monotonic() - self.member_came < MEMBERS_SECONDS
        )

    def is_full(self, kind: str) -> bool:
        return len(self.waiting[kind]) >= MAX_WAITING

    def _runnable(self, kind: str) -> int:
        return min(len(self.waiting[kind]), self.slots[kind] - self.running[kind])


class LastInFirstOut:
    """A condition that wakes the thread that began to wait last.

    While the site is quiet, one thread does most of the work: its database connection has planned every statement.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock
        self.waiting: list[threading.Lock] = []

    def wait(self) -> None:
        turn = threading.Lock()
        turn.acquire()
        self.waiting.append(turn)
        self.lock.release()
        try:
            turn.acquire()
        finally:
            self.lock.acquire()

    def notify(self) -> None:
        if self.waiting:
            self.waiting.pop().release()

    def notify_all(self) -> None:
        while self.waiting:
            self.notify()


class Dispatcher(ThreadedTaskDispatcher):
    """A thread pool; requests of visitors and log-ins may use only some of the threads."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.queue_cv = LastInFirstOut(self.lock)  # type: ignore[assignment]
        self.requests = TaskQueue(
            {MEMBER: threads, OTHER: threads, ACCOUNT: 1, VISITOR: max(1, threads // 4)}
        )
        self.queue = self.requests  # type: ignore[assignment]
        self.set_thread_count(threads)

    def release(self, kind: str, *, cpu_seconds: float) -> None:
        """Release a slot, after a pause that leaves the CPU to members; not if members need the thread.

        The calling thread takes the next request from the queue afterwards.
        """
        if self.requests.needs_pause(kind) and self.active_count < len(self.threads):
            time.sleep(min(cpu_seconds * PAUSE_PER_CPU, MAX_PAUSE_SECONDS))
        with self.lock:
            self.requests.running[kind] -= 1

    def is_at_work(self) -> bool:
        with self.lock:
            return bool(self.active_count or any(self.requests.waiting.values()))
