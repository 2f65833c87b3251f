"""Starting a process that does not outlive us, and stopping one."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from community.runtime.home import HomeError

PR_SET_PDEATHSIG = 1
LEFT_OVER_SECONDS = 10


def spawn(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    output: int | IO[bytes] = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, as `user`; Linux sends it `death_signal` if we die."""
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
        preexec_fn=_die_with_parent(death_signal, os.getpid()),
        **options,
    )


def _die_with_parent(death_signal: signal.Signals, parent: int) -> Any:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)  # the parent died before the kernel was asked

    return ask_kernel


def stop(process: subprocess.Popen[bytes], polite: signal.Signals, *, seconds: float) -> None:
    """Ask `process` to end with `polite`; after `seconds`, end it and all that it started."""
    if process.poll() is None:
        process.send_signal(polite)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the session that `process` led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_left_over(pid_file: Path, *, folder: Path, signals: Sequence[signal.Signals]) -> None:
    """End the server that serves `folder` after the process that kept it was killed; politest signal first.

    Each signal has ten seconds to work.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    for number in signals:
        deadline = time.monotonic() + LEFT_OVER_SECONDS
        while time.monotonic() < deadline:
            if not _names(pid, folder):
                return
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(0.1)
    raise HomeError(f"Process {pid} uses {folder} and does not stop. End it and try again.")


def _names(pid: int, folder: Path) -> bool:
    """Whether the command of process `pid` names `folder`; after a restart the number may be anyone's."""
    import psutil  # here, since hardly any start finds something left over

    try:
        return str(folder) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
