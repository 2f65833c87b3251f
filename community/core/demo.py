"""Whether the demo is being seeded, as told by a locked file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings


@contextmanager
def being_written() -> Iterator[None]:
    """Mark the demo as being seeded; the kernel releases the lock if this process dies."""
    if settings.DEMO_MARK is None:
        yield
        return
    with settings.DEMO_MARK.open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        try:
            yield
        finally:
            settings.DEMO_MARK.unlink(missing_ok=True)


def is_being_written() -> bool:
    """Return whether the demo is being seeded; reads one file, no query."""
    if settings.DEMO_MARK is None:
        return False
    with suppress(OSError):
        descriptor = os.open(settings.DEMO_MARK, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
