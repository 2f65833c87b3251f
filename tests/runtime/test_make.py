"""The Makefile and the CI scripts, as far as they can be tested without installing anything."""

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
    """A PATH folder with only a few shell programs, and a playwright that cannot download anything."""
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
    (place / "bin/chromium").symlink_to(shutil.which("true"))

    answer = get_chromium(place, CI="true")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "name",
    [
        ".cache/ms-playwright/chromium-1/chrome-linux/chrome",
        "Library/Caches/ms-playwright/chromium-1/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    ],
)
def test_chromium_of_playwright_is_enough(place: Path, name: str):
    program = place / name
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)

    assert get_chromium(place, CI="true").returncode == 0


def test_missing_chromium_is_reported_and_skipped(place: Path):
    answer = get_chromium(place)

    assert answer.returncode == 0
    assert answer.stderr == "No Chromium could be had here: the browser tests will be skipped.\n"


def test_missing_chromium_fails_in_ci(place: Path):
    assert get_chromium(place, CI="true").returncode == 1


@pytest.mark.parametrize("filter", ["sockets_lie_beside", "nothing_at_all"])
def test_run_that_requires_browsers_fails_without_any(filter: str):
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--require-browser",
            "-k",
            filter,
            "tests/runtime/test_home.py",
        ],
        cwd=BASE_DIR,
        env=bare_environment(),
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "No browser test was run." in answer.stdout


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return the output of make in a shell, even when this test was started by make."""
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


def test_make_says_which_python_is_needed():
    answer = make("--always-make", "PYTHON=false", ".venv/bin/python")

    assert answer.returncode == 2
    assert answer.stderr.startswith("Caravan needs a 64-bit Python 3.11 or newer with venv, and")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH folder with all the programs that Caravan needs, except Python."""
    pretend(tmp_path, "uname", 'case "$1" in -s) echo Linux ;; -m) echo x86_64 ;; esac')
    pretend(tmp_path, "getconf", "echo glibc 2.36")
    return tmp_path


def pretend(folder: Path, name: str, script: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def find_python(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASE_DIR / ".ci/python", *arguments], env={"PATH": str(machine)}, capture_output=True, text=True
    )


def test_current_python_is_supported(machine: Path):
    answer = find_python(machine, sys.executable)

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{sys.executable}\n", "")


def test_first_supported_python_is_used(machine: Path):
    pretend(machine, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    pretend(machine, "python3.12", "echo lacks venv >&2; exit 1")
    (machine / "python3.11").symlink_to(sys.executable)

    assert find_python(machine).stdout == f"{machine / 'python3.11'}\n"


NEEDED = "Caravan needs a 64-bit Python 3.11 or newer with venv, and"
INSTALL = (
    "install one (Debian, Ubuntu: apt-get install python3-venv; macOS: brew install python), "
    "or name it with PYTHON=/path/to/python3.\n"
)


def test_machine_without_python_gets_a_message(machine: Path):
    answer = find_python(machine)

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == f"{NEEDED} there is none: {INSTALL}"


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("sys.version_info = (3, 9, 18)", "is Python 3.9"),
        ("sys.maxsize = 2**31 - 1", "is a 32-bit build"),
        ("sys.modules['ensurepip'] = None", "lacks venv"),
    ],
)
def test_machine_with_an_unsupported_python_gets_a_message(machine: Path, python: str, reason: str):
    """Install a wrapper of this Python that pretends to be another one."""
    program = pretend(machine, "python3", f'exec "{sys.executable}" "$1" "import sys; {python}\n$2"')

    answer = find_python(machine)

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == f"{NEEDED} {program} {reason}: {INSTALL}"


@pytest.mark.parametrize(
    ("system", "processor", "libc", "sentence"),
    [
        (
            "MINGW64_NT-10.0",
            "x86_64",
            "",
            "Caravan runs on Linux and macOS, not on MINGW64_NT-10.0: on Windows, install WSL 2 (wsl --install) "
            "and run make there.\n",
        ),
        (
            "Linux",
            "armv7l",
            "glibc 2.36",
            "Caravan's PostgreSQL and Valkey are built for x86-64 and arm64, not for armv7l: use a 64-bit machine.\n",
        ),
        (
            "Darwin",
            "x86_64",
            "",
            "Some of Caravan's packages are not built for Intel Macs: use docker compose, or on Apple silicon a "
            "terminal that does not run in Rosetta.\n",
        ),
        (
            "Linux",
            "x86_64",
            "",
            "Caravan's PostgreSQL and Valkey need glibc 2.28 or newer, and this Linux has another C library: "
            "use docker compose, or Debian 10, Ubuntu 20.04, Fedora 29 or newer.\n",
        ),
        (
            "Linux",
            "aarch64",
            "glibc 2.27",
            "Caravan's PostgreSQL and Valkey need glibc 2.28 or newer, and this Linux has glibc 2.27: "
            "use docker compose, or Debian 10, Ubuntu 20.04, Fedora 29 or newer.\n",
        ),
    ],
)
def test_unsupported_machine_gets_a_message(
    machine: Path, system: str, processor: str, libc: str, sentence: str
):
    pretend(machine, "uname", f'case "$1" in -s) echo {system} ;; -m) echo {processor} ;; esac')
    pretend(machine, "getconf", f'echo "{libc}"')

    answer = find_python(machine, sys.executable)

    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", sentence)


@pytest.mark.parametrize(
    ("system", "processor", "libc"),
    [("Linux", "aarch64", "glibc 2.28"), ("Linux", "x86_64", "glibc 2.43"), ("Darwin", "arm64", "")],
)
def test_supported_machine_passes(machine: Path, system: str, processor: str, libc: str):
    pretend(machine, "uname", f'case "$1" in -s) echo {system} ;; -m) echo {processor} ;; esac')
    pretend(machine, "getconf", f'echo "{libc}"')

    assert find_python(machine, sys.executable).returncode == 0


def test_run_reports_that_make_is_missing(tmp_path: Path):
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")

    answer = subprocess.run(
        [BASE_DIR / ".ci/run"], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )

    assert answer.returncode == 1
    assert answer.stderr == (
        "Caravan needs make, and there is none: install it "
        "(Debian, Ubuntu: apt-get install make; macOS: xcode-select --install).\n"
    )


def test_make_bench_asks_for_its_data():
    answer = make("--dry-run", "bench")

    assert "Name a folder with an unpacked Stack Exchange data dump" in answer.stderr


def test_ci_runs_lint_and_tests():
    text = (BASE_DIR / ".ci/run").read_text()

    assert os.access(BASE_DIR / ".ci/run", os.X_OK)
    assert text.rstrip().endswith("make lint\nmake test")
    assert "export CI" in text
