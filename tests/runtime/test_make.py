"""The Makefile and the scripts that CI runs, as far as that can be seen without installing anything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import bare_environment


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder where the only programs are a few of the shell's, and a playwright that can download nothing."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "id", "ls", "test"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    playwright = tmp_path / ".venv/bin/playwright"
    playwright.parent.mkdir(parents=True)
    playwright.write_text("#!/bin/sh\nexit 1\n")
    playwright.chmod(0o755)
    return tmp_path


def get_chromium(place: Path, **values: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(place / "bin"), "HOME": str(place), **values}
    return subprocess.run(
        [BASE_DIR / ".ci/chromium"], cwd=place, env=environment, capture_output=True, text=True
    )


def test_chromium_of_the_system_is_enough(place: Path):
    (place / "bin/chromium").symlink_to("/bin/true")

    answer = get_chromium(place, CI="true")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_chromium_of_playwright_is_enough(place: Path):
    program = place / ".cache/ms-playwright/chromium-1/chrome-linux/chrome"
    program.parent.mkdir(parents=True)
    program.touch()

    assert get_chromium(place, CI="true").returncode == 0


def test_chromium_that_cannot_be_had_is_told_and_skipped(place: Path):
    answer = get_chromium(place)

    assert answer.returncode == 0
    assert answer.stderr == "No Chromium could be had here: the browser tests will be skipped.\n"


def test_chromium_that_cannot_be_had_fails_in_ci(place: Path):
    assert get_chromium(place, CI="true").returncode == 1


@pytest.mark.parametrize("filter", ["sockets_lie_beside", "nothing_at_all"])
def test_run_that_needs_browsers_fails_when_none_was_driven(filter: str):
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--require-browser", "-k", filter, "tests/runtime/test_home.py"],
        cwd=BASE_DIR, env=bare_environment(), capture_output=True, text=True,
    )  # fmt: skip

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "No browser test was run." in answer.stdout


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What make says to somebody at a shell, also when this test was itself started by make."""
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTEST_FLAGS"}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(["make", *arguments], cwd=BASE_DIR, env=environment, capture_output=True, text=True)


def test_make_up_passes_port_and_demo_on():
    assert (
        make("--dry-run", "up", "PORT=8123", "DEMO=0")
        .stdout.rstrip()
        .endswith("manage.py up --port 8123 --no-demo")
    )


def test_make_test_requires_browsers_only_in_ci():
    assert "--require-browser" in make("--dry-run", "test", "CI=true").stdout
    assert "--require-browser" not in make("--dry-run", "test", "CI=").stdout


def test_make_says_which_python_is_needed(tmp_path: Path):
    answer = make("--always-make", "PYTHON=/bin/false", ".venv/.installed")

    assert answer.returncode == 2
    assert "Caravan needs Python 3.11 or newer with venv" in answer.stdout


def test_make_bench_asks_for_its_data():
    answer = make("--dry-run", "bench")

    assert "Name a folder with an unpacked Stack Exchange data dump" in answer.stderr


def test_ci_runs_lint_and_tests():
    text = (BASE_DIR / ".ci/run").read_text()

    assert os.access(BASE_DIR / ".ci/run", os.X_OK)
    assert text.rstrip().endswith("make lint\nmake test")
    assert "export CI" in text
