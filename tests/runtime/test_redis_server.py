"""Which Redis server is used, and how it stores its data."""

import os
from pathlib import Path

import pytest
import redis

from community.runtime import redis_server
from community.runtime.embedded import Servers
from community.runtime.home import Home, HomeError
from community.runtime.processes import kill_group
from tests.runtime.helpers import wait_for

TOO_OLD = "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=a3fdef44459b3ad6"
NEW_ENOUGH = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=d81b8ff71cfb150e"
WHEEL = redis_server._installed_program()


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only one in PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, *, saying: str, code: int = 0) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{saying}'\nexit {code}\n")
    program.chmod(0o755)
    return program


def found_and_logged(folder: Path) -> tuple[Path, str]:
    with (folder / "redis.log").open("wb") as log:
        program = redis_server._find_program(log)
    return program, (folder / "redis.log").read_text()


def test_server_of_the_wheel_is_used_if_path_has_none(on_path: Path):
    assert found_and_logged(on_path) == (WHEEL, "")


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_server_on_path_comes_first(on_path: Path, name: str):
    program = install(on_path, name, saying=NEW_ENOUGH)

    assert found_and_logged(on_path) == (program, "")


def test_server_that_is_too_old_is_skipped(on_path: Path):
    program = install(on_path, "redis-server", saying=TOO_OLD)

    assert found_and_logged(on_path) == (
        WHEEL,
        f"{program} is version 6.0, older than 7.0, so it is ignored.\n",
    )


def test_server_that_does_not_run_is_skipped(on_path: Path):
    program = on_path / "valkey-server"
    program.write_bytes(b"\x7fELF for another machine")
    program.chmod(0o755)
    newer = install(on_path, "redis-server", saying=NEW_ENOUGH)

    assert found_and_logged(on_path) == (
        newer,
        f"{program} does not run, so it is ignored.\n",
    )


def test_missing_server_is_an_error(on_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(HomeError, match=r"No valkey-server or redis-server 7\.0 or newer"):
        found_and_logged(on_path)


def test_server_on_path_serves(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "redis-server").symlink_to(WHEEL)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    with Servers(home), redis.Redis(unix_socket_path=str(home.redis_socket)) as client:
        assert client.info("server")["executable"] == str(tmp_path / "redis-server")


def test_data_of_the_durable_server_can_be_read_by_any_other(home: Home):
    with (
        Servers(Home(home.root)),
        redis.Redis(unix_socket_path=str(home.redis_socket), decode_responses=True) as client,
    ):
        client.set("answer", 42)
        client.bgrewriteaof()
        wait_for(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
        wait_for(lambda: "answer" in base_of(home).read_text())

    assert base_of(home).name.endswith(".base.aof")


def base_of(home: Home) -> Path:
    return max((home.redis / "appendonlydir").glob("*.base.*"), key=lambda path: path.stat().st_mtime_ns)


def test_stale_server_of_a_killed_keeper_is_stopped(home: Home):
    home.prepare()
    first = redis_server.start(home)
    wait_for(lambda: redis_server.answers(home))

    second = redis_server.start(home)

    assert first.wait(10) == 0
    wait_for(lambda: redis_server.answers(home))
    kill_group(second)
