"""Supervise the processes of a stack: merge their output, and restart them when they crash."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from community.runtime.processes import kill_group, spawn, stop

BACK_OFF_SECONDS = (1, 2, 4, 8, 15, 30)
# The backoff is reset for a process that ran at least this long.
STEADY_SECONDS = 60
STOP_SECONDS = 15
COLOURS = (36, 33, 32, 35, 34)


@dataclass
class Child:
    """A process to keep running, or to run until it succeeds (`once`), which calls `on_success`.

    Pages come before those in the `background` on a busy machine.
    """

    name: str
    command: Sequence[str | Path]
    background: bool = False
    once: bool = False
    on_success: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    start_after: float = 0.0
    done: bool = False
    partial_line: bytes = b""


@dataclass
class Supervisor:
    """Runs children until a stop signal. `on_tick` is called several times a second."""

    children: list[Child]
    cwd: Path
    env: Mapping[str, str] | None = None
    on_tick: Callable[[], None] = lambda: None
    stopping: bool = False
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP, and return when all children have stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        try:
            while not self.stopping:
                self._start_due()
                self._forward_output(timeout=0.25)
                self._reap()
                self.on_tick()
        finally:
            self._stop_all()

    def say(self, text: str, name: str = "caravan") -> None:
        """Write one line of output, prefixed with the name of the process."""
        sys.stdout.write(f"{self._prefix(name)}{text}\n")
        sys.stdout.flush()

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is None and not child.done and child.start_after <= now:
                child.process = spawn(
                    child.command,
                    cwd=self.cwd,
                    env=dict(self.env or os.environ),
                    output=subprocess.PIPE,
                    background=child.background,
                )
                child.started_at = now
                assert child.process.stdout is not None  # noqa: S101 - for the type checker
                os.set_blocking(child.process.stdout.fileno(), False)
                self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _forward_output(self, timeout: float) -> None:
        for key, _ in self.selector.select(timeout):
            self._forward(key.data)

    def _forward(self, child: Child) -> None:
        assert child.process is not None  # noqa: S101
        assert child.process.stdout is not None  # noqa: S101
        block = child.process.stdout.read(65536)
        if block:
            *lines, child.partial_line = (child.partial_line + block).split(b"\n")
            for line in lines:
                self.say(line.decode(errors="replace"), child.name)
        elif block == b"" and child.process.stdout in self.selector.get_map():
            self.selector.unregister(child.process.stdout)

    def _reap(self) -> None:
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            code = child.process.returncode
            self._clean_up(child)
            if child.once and code == 0:
                child.done = True
                child.on_success()
            else:
                self._schedule_restart(child, code)

    def _schedule_restart(self, child: Child, code: int) -> None:
        now = time.monotonic()
        if now - child.started_at > STEADY_SECONDS:
            child.failures = 0
        wait = BACK_OFF_SECONDS[min(child.failures, len(BACK_OFF_SECONDS) - 1)]
        child.failures += 1
        child.start_after = now + wait
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self.say(f"{child.name} ended with {how}; starting it again in {wait} s")

    def _clean_up(self, child: Child) -> None:
        assert child.process is not None  # noqa: S101
        self._forward(child)
        if child.partial_line:
            self.say(child.partial_line.decode(errors="replace"), child.name)
            child.partial_line = b""
        kill_group(child.process)
        assert child.process.stdout is not None  # noqa: S101
        if child.process.stdout in self.selector.get_map():
            self.selector.unregister(child.process.stdout)
        child.process.stdout.close()
        child.process = None

    def _stop_all(self) -> None:
        """Send SIGTERM to all children, wait for them, and kill those that do not stop."""
        running = [child for child in self.children if child.process is not None]
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        while time.monotonic() < deadline and any(c.process and c.process.poll() is None for c in running):
            self._forward_output(timeout=0.1)
        for child in running:
            if child.process is not None:
                stop(child.process, signal.SIGKILL, seconds=1)
                self._clean_up(child)

    def _prefix(self, name: str) -> str:
        width = max(len("caravan"), *(len(child.name) for child in self.children))
        text = f"{name:<{width}} │ "
        if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
            return text
        names = [child.name for child in self.children]
        colour = COLOURS[names.index(name) % len(COLOURS)] if name in names else 1
        return f"\x1b[{colour}m{text}\x1b[0m"
