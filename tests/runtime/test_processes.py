import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from community.runtime.embedded import BASE_DIR
from community.runtime.processes import kill_group, spawn, stop, stop_stale
from tests.runtime.helpers import is_alive, wait_for

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


def test_spawn_leads_a_session_of_its_own():
    process = spawn(["sleep", "60"])

    assert os.getsid(process.pid) == process.pid

    kill_group(process)


def test_spawn_passes_output_and_environment_on(tmp_path: Path):
    with (tmp_path / "log").open("wb") as log:
        spawn(["sh", "-c", "echo $WORD; pwd >&2"], env={"WORD": "hello"}, cwd=tmp_path, output=log).wait()

    assert (tmp_path / "log").read_text() == f"hello\n{tmp_path}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_spawn_switches_to_the_user_without_our_groups(tmp_path: Path):
    with (tmp_path / "log").open("wb") as log:
        spawn(["id", "-un"], user="nobody", output=log).wait()
        spawn(["id", "-G"], user="nobody", output=log).wait()

    user, groups = (tmp_path / "log").read_text().splitlines()
    assert user == "nobody"
    assert "0" not in groups.split()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_spawned_process_dies_with_a_killed_parent(tmp_path: Path):
    script = (
        "import sys, time; from community.runtime.processes import spawn; "
        "print(spawn(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    with parent:
        parent.kill()

    wait_for(lambda: not is_alive(child))


def test_stop_sends_the_polite_signal_first():
    script = "trap 'exit 7' TERM; echo on; while true; do sleep 0.05; done"
    process = spawn(["sh", "-c", script], output=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"on\n"

    stop(process, signal.SIGTERM, seconds=5)

    assert process.returncode == 7
    process.stdout.close()


def test_stop_kills_what_does_not_respond():
    process = spawn([sys.executable, "-c", DEAF], output=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"on\n"

    stop(process, signal.SIGTERM, seconds=0.2)

    assert process.returncode == -signal.SIGKILL
    process.stdout.close()


def test_kill_group_ends_grandchildren_too():
    process = spawn(["sh", "-c", "sleep 60 & echo $!; wait"], output=subprocess.PIPE)
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())

    kill_group(process)

    wait_for(lambda: not is_alive(grandchild))
    process.stdout.close()


def test_kill_group_of_an_ended_process_is_no_error():
    process = spawn(["true"])
    process.wait()

    kill_group(process)

    assert process.returncode == 0


def test_stop_stale_ends_the_process_that_serves_the_folder(tmp_path: Path):
    process = spawn([sys.executable, "-c", "import time; time.sleep(60)", tmp_path])
    (tmp_path / "pid").write_text(f"{process.pid}\n")

    stop_stale(tmp_path / "pid", folder=tmp_path, signals=[signal.SIGTERM])

    assert process.wait(10) == -signal.SIGTERM


def test_stop_stale_ignores_a_process_that_reuses_the_pid(tmp_path: Path):
    process = spawn([sys.executable, "-c", "import time; time.sleep(60)", f"{tmp_path}-other"])
    (tmp_path / "pid").write_text(f"{process.pid}\n")

    stop_stale(tmp_path / "pid", folder=tmp_path, signals=[signal.SIGTERM])

    assert process.poll() is None
    kill_group(process)


@pytest.mark.parametrize("content", [None, "", "not a number"])
def test_stop_stale_does_nothing_without_a_pid(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "pid").write_text(content)

    stop_stale(tmp_path / "pid", folder=tmp_path, signals=[signal.SIGTERM])
