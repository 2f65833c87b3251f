"""The supervisor in a separate process, with small child processes."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.runtime import supervisor
from community.runtime.embedded import BASE_DIR
from community.runtime.supervisor import Child, Supervisor
from tests.runtime.helpers import is_alive, wait_for

SCRIPT = """
import sys
from pathlib import Path
from community.runtime.supervisor import Child, Supervisor
folder = Path(sys.argv[1])
children = [Child(*spec.split("=", 1)[:1], ["sh", "-c", spec.split("=", 1)[1]]) for spec in sys.argv[2:]]
for child in children:
    if child.name.startswith("once"):
        child.once, child.on_success = True, (folder / "succeeded").touch
Supervisor(children, cwd=folder).run()
"""


class Run:
    """A supervisor process and its output so far."""

    def __init__(self, folder: Path, *specs: str) -> None:
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(folder), *specs],
                cwd=BASE_DIR,
                stdout=output,
                stderr=output,
            )

    def wait_for(self, text: str) -> str:
        return wait_for(lambda: self.log.read_text() if text in self.log.read_text() else "")

    def pids(self, name: str) -> list[int]:
        """Return the numbers that the child `name` printed."""
        lines = [line.split("│ ") for line in self.log.read_text().splitlines()]
        return [int(text) for prefix, text in lines if prefix.strip() == name and text.isdigit()]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        with run.process:
            run.process.terminate()


def start(runs: list[Run], folder: Path, *specs: str) -> Run:
    run = Run(folder, *specs)
    runs.append(run)
    return run


def test_supervisor_prefixes_each_line_with_the_name(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=printf 'one\\ntwo\\n'; sleep 60", "worker=echo three >&2; sleep 60")

    run.wait_for("three")
    text = run.wait_for("two")

    assert sorted(text.splitlines()) == ["web     │ one", "web     │ two", "worker  │ three"]


def test_supervisor_shows_a_last_line_without_a_newline(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=printf 'no end'; exit 3")

    text = run.wait_for("exit code 3")

    assert text.splitlines()[0] == "web     │ no end"


def test_supervisor_restarts_a_crashed_child(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=echo $$; sleep 60")
    run.wait_for("web")
    (first,) = run.pids("web")

    subprocess.run(["kill", "-9", str(first)], check=True)

    run.wait_for("web ended with signal SIGKILL; starting it again in 1 s")
    wait_for(lambda: len(run.pids("web")) == 2)
    assert is_alive(run.pids("web")[1])


def test_supervisor_backs_off(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=exit 1")

    text = run.wait_for("again in 4 s")

    assert [line.split(" in ")[1] for line in text.splitlines()] == ["1 s", "2 s", "4 s"]


def test_supervisor_does_not_restart_other_children(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=exit 1", "worker=echo $$; sleep 60")

    run.wait_for("again in 2 s")

    assert len(run.pids("worker")) == 1
    assert is_alive(run.pids("worker")[0])


def test_supervisor_runs_a_child_once(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "once=echo loaded", "web=sleep 60")

    wait_for((tmp_path / "succeeded").exists)
    time.sleep(1.5)

    assert run.log.read_text().count("loaded") == 1


def test_supervisor_retries_a_one_off_child(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "once=test -e tried || { touch tried; exit 1; }")

    wait_for((tmp_path / "succeeded").exists)

    assert "once ended with exit code 1; starting it again in 1 s" in run.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_supervisor_stops_everything_on_a_signal(runs: list[Run], tmp_path: Path, number: signal.Signals):
    run = start(runs, tmp_path, "web=echo $$; sleep 60 & sleep 61", "worker=echo $$; exec sleep 60")
    wait_for(lambda: run.pids("web") and run.pids("worker"))

    run.process.send_signal(number)

    assert run.process.wait(10) == 0
    assert not any(is_alive(pid) for pid in run.pids("web") + run.pids("worker"))


def test_supervisor_shows_output_during_shutdown(runs: list[Run], tmp_path: Path):
    run = start(
        runs, tmp_path, "web=trap 'echo goodbye; exit' TERM; echo hello; while true; do sleep 0.1; done"
    )
    run.wait_for("hello")

    run.process.terminate()
    run.process.wait(10)

    assert run.log.read_text().splitlines()[-1] == "web     │ goodbye"


def test_supervisor_kills_children_that_do_not_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    child = Child("web", ["sh", "-c", "trap '' TERM; echo deaf; while true; do sleep 0.1; done"])
    watched = Supervisor([child], cwd=tmp_path)
    watched.on_tick = lambda: setattr(
        watched, "stopping", "deaf" in capfd.readouterr().out or watched.stopping
    )
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    watched.run()

    assert child.process is None
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_supervisor_that_is_killed_leaves_no_children(runs: list[Run], tmp_path: Path):
    run = start(runs, tmp_path, "web=echo $$; exec sleep 60")
    wait_for(lambda: run.pids("web"))

    run.process.kill()

    wait_for(lambda: not is_alive(run.pids("web")[0]))
