"""Start a child process that does not outlive its parent, and stop processes."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from community.runtime.home import HomeError

PR_SET_PDEATHSIG = 1
BACKGROUND_NICE = 5  # a third of the usual share
# The scheduler shares the processor among sessions first, where it groups them, and `nice` counts within a session.
AUTOGROUP = Path("/proc/self/autogroup")
STALE_SECONDS = 10


def spawn(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    output: int | IO[bytes] = subprocess.DEVNULL,
    background: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, as `user`; on Linux it gets `death_signal` if the parent dies.

    With `background`, other processes come first on a busy machine.
    """
    options: dict[str, Any] = {}
    if user:
        options = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_preparation(death_signal, os.getpid(), background=background),
        **options,
    )


def _preparation(death_signal: signal.Signals, parent: int, *, background: bool) -> Callable[[], None]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if background:
            _yield_to_others()
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:
                os._exit(1)  # the parent died before prctl

    return prepare


def _yield_to_others() -> None:
    os.nice(BACKGROUND_NICE)
    with suppress(OSError):  # the kernel does not group sessions, or limits how often one may ask
        AUTOGROUP.write_text(str(BACKGROUND_NICE))


def stop(process: subprocess.Popen[bytes], polite: signal.Signals, *, seconds: float) -> None:
    """Send `polite` to `process`; after `seconds`, kill its session."""
    if process.poll() is None:
        process.send_signal(polite)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the session that `process` led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_stale(pid_file: Path, *, folder: Path, signals: Sequence[signal.Signals]) -> None:
    """Stop a server of `folder` that was left running after its keeper was killed. Raises HomeError on failure.

    Sends each of `signals` in turn, for ten seconds each.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    for number in signals:
        deadline = time.monotonic() + STALE_SECONDS
        while time.monotonic() < deadline:
            if not _serves(pid, folder):
                return
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(0.1)
    raise HomeError(f"Process {pid} uses {folder} and does not stop. End it and try again.")


def _serves(pid: int, folder: Path) -> bool:
    """Whether the command line of process `pid` contains `folder`; after a reboot the pid may be reused."""
    import psutil  # here, because it is rarely needed

    try:
        return str(folder) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
