"""Small helpers that several tests share."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until `holds()` is true; fail when it is not in time. For what another process does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.1)
