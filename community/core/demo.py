"""Whether the demo is being written right now: a file says so, locked by whoever writes, as long as they live."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings


@contextmanager
def being_written() -> Iterator[None]:
    """Let every process of this machine's stack know that the demo is being written.

    The lock is the kernel's: a writer that dies, however, lets go of it.
    """
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
    """Asked by every page that is kept: one look at a folder, and no statement."""
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
