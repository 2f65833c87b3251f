import os
import subprocess
import sys
from pathlib import Path

import pytest

from community.runtime import environment
from community.runtime.embedded import BASE_DIR
from community.runtime.home import Home, HomeError
from tests.runtime.helpers import bare_environment, processes_using, wait_for


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(os.environ) - set(bare_environment()):
        monkeypatch.delenv(name)


def manage(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=bare_environment(**values),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments", [["migrate"], ["shell"], ["makemigrations"], ["seed_demo"], ["dbshell"]]
)
def test_needs_database_for_commands_that_read_rows(arguments: list[str]):
    assert environment.needs_database(arguments) is True


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["help"],
        ["check"],
        ["collectstatic"],
        ["migrate", "--help"],
        ["makemigrations", "--check"],
        ["up"],
    ],
)
def test_needs_database_is_false_for_others(arguments: list[str]):
    assert environment.needs_database(arguments) is False


@pytest.mark.usefixtures("nothing_set")
def test_is_served_only_with_database_url(monkeypatch: pytest.MonkeyPatch):
    assert environment.is_served() is False

    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/caravan")

    assert environment.is_served() is True


@pytest.mark.usefixtures("nothing_set")
def test_default_data_is_var():
    assert environment.default_data() == BASE_DIR / "var"


@pytest.mark.usefixtures("nothing_set")
def test_default_data_is_what_caravan_data_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CARAVAN_DATA", f"{tmp_path}/over/../there")

    assert environment.default_data() == tmp_path / "there"


def test_secret_key_is_generated_once_and_private(tmp_path: Path):
    home = Home(tmp_path / "var")

    first = environment.variables(home)["SECRET_KEY"]

    assert len(first) >= 50
    assert environment.variables(home)["SECRET_KEY"] == first
    assert (home.root / "secret_key").stat().st_mode & 0o777 == 0o600


def test_secret_key_differs_from_folder_to_folder(tmp_path: Path):
    first, second = (environment.variables(Home(tmp_path / name))["SECRET_KEY"] for name in "ab")

    assert first != second


def test_secret_key_that_cannot_be_stored_is_an_error():
    with pytest.raises(HomeError, match="set CARAVAN_DATA"):
        environment.variables(Home(Path("/proc/caravan")))


def test_apply_keeps_variables_that_are_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(os, "environ", {"ALLOWED_HOSTS": "mine.example"})
    home = Home(tmp_path / "var")

    environment.apply(home)

    assert os.environ["ALLOWED_HOSTS"] == "mine.example"
    assert os.environ["DATABASE_URL"] == home.database_url


def test_commands_without_database_start_nothing(home: Home):
    answer = manage("check", CARAVAN_DATA=str(home.root))

    assert answer.returncode == 0, answer.stderr
    assert sorted(path.name for path in home.root.iterdir()) == ["secret_key"]


def test_commands_with_database_run_the_servers_meanwhile(home: Home):
    script = "from django.db import connection as c; c.ensure_connection(); print(c.connection.info.dsn)"

    answer = manage("shell", "--verbosity=0", "--command", script, CARAVAN_DATA=str(home.root))

    assert "dbname=caravan" in answer.stdout, answer.stderr
    wait_for(lambda: not processes_using(home.root))


def test_commands_of_a_deployment_start_nothing(tmp_path: Path):
    answer = manage(
        "migrate", CARAVAN_DATA=str(tmp_path / "var"), DATABASE_URL="postgres://db.invalid/caravan"
    )

    assert "SECRET_KEY" in answer.stderr
    assert not (tmp_path / "var").exists()


def test_commands_report_an_unwritable_folder():
    answer = manage("migrate", CARAVAN_DATA="/proc/caravan")

    assert answer.returncode == 1
    assert answer.stderr.startswith("Cannot write to /proc/caravan")
    assert answer.stderr.count("\n") == 1
