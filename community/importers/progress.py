"""Progress of long commands: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, TextIO, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as RichProgress,
)

from community.core.disk import require_room

SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    def start(self, what: str, total: int) -> None:
        """Start a step of `total` units; this ends the previous step."""

    def advance(self, units: int) -> None: ...


class Stream(Protocol):
    """The output stream of a command."""

    def write(self, text: str, /) -> object: ...

    def isatty(self) -> bool: ...


class NoProgress:
    def start(self, what: str, total: int) -> None:
        pass

    def advance(self, units: int) -> None:
        pass


class ConsoleProgress:
    """Show progress on `stream`; use as a context manager."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.what, self.done, self.total, self.printed_at = "", 0, 0, 0.0
        self.bar = _bar(stream) if stream.isatty() else None

    def __enter__(self) -> ConsoleProgress:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()

    def start(self, what: str, total: int) -> None:
        self.what, self.done, self.total, self.printed_at = what, 0, total, time.monotonic()
        if self.bar:
            for task in self.bar.task_ids:
                self.bar.update(task, completed=self.bar.tasks[task].total)
            self.bar.add_task(what, total=total)
        else:
            self.stream.write(f"{what} …\n")

    def advance(self, units: int) -> None:
        """Advance by `units`. Raises DiskLow before the disk is full."""
        require_room()
        self.done += units
        if self.bar:
            self.bar.advance(self.bar.task_ids[-1], units)
        elif self.total and time.monotonic() - self.printed_at > SECONDS_BETWEEN_LINES:
            self.printed_at = time.monotonic()
            self.stream.write(f"{self.what}: {self.done / self.total:.0%}\n")


def _bar(stream: Stream) -> RichProgress:
    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(file=cast(TextIO, stream)),
    )
