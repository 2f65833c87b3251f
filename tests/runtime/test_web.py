"""The web server: processes, signals, proxy headers, and limits."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from django.db import connection

from community.runtime.embedded import BASE_DIR
from tests.factories.members import MemberFactory
from tests.runtime import load
from tests.runtime.helpers import is_alive, is_healthy, wait_for


def run(look: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run it in a separate thread, because Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(look(), 120))).result()


@pytest.mark.django_db(transaction=True)
def test_pages_are_served_during_200_slow_requests(shared_web):
    async def look() -> tuple[int, int]:
        async with load.dripping(shared_web.port, 200) as told:
            status, _ = await load.get(shared_web.port, "/accounts/login/")
            return status, len(told.closed_after)

    assert run(look) == (200, 0)


def test_slow_requests_are_closed_at_their_deadline(start_web):
    web = start_web(REQUEST_SECONDS="1")

    async def look() -> load.Dripping:
        async with load.dripping(web.port, 200) as told:
            while len(told.closed_after) < 200:
                await asyncio.sleep(0.05)
        return told

    told = run(look)
    assert told.answers == {"408": 200}
    assert min(told.closed_after) >= 1


def test_web_process_that_is_killed_is_replaced(shared_web):
    workers = shared_web.workers
    before = wait_for(lambda: workers() if len(workers()) == 2 else None)
    victim = min(before)

    os.kill(victim, signal.SIGKILL)

    wait_for(lambda: len(workers()) == 2 and victim not in workers())
    assert is_healthy(shared_web.ask)


def test_recycling_loses_no_request_on_open_connections(start_web):
    web = start_web(WEB_MAX_REQUESTS="100", WEB_WORKERS="2")
    first = wait_for(web.workers)

    def ask_often(_: int) -> int:
        with closing(HTTPConnection("127.0.0.1", web.port, timeout=60)) as connection:
            for _number in range(100):
                connection.request("GET", "/healthz", headers={"Host": "localhost"})
                connection.getresponse().read()  # raises if the connection was closed without notice
        return 100

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask_often, range(16))) == 1600
    wait_for(lambda: web.workers() and not web.workers() & first)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_web_leaves_no_processes(start_web, number):
    web = start_web()
    workers = wait_for(web.workers)

    web.process.send_signal(number)

    assert web.process.wait(30) == 0
    assert not any(is_alive(pid) for pid in workers)
    assert not web.metrics.exists()


def test_web_processes_end_when_their_parent_is_killed(start_web):
    web = start_web()
    workers = wait_for(web.workers)

    web.process.kill()

    wait_for(lambda: not any(is_alive(pid) for pid in workers))


def test_web_on_a_taken_port_says_so(process_environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [sys.executable, "-m", "community.runtime.web", "--bind", f"127.0.0.1:{port}"],
            cwd=BASE_DIR,
            env=process_environment,
            capture_output=True,
            text=True,
        )

    assert (answer.returncode, answer.stderr) == (
        1,
        f"Cannot serve on 127.0.0.1:{port}: Address already in use.\n",
    )


def test_metrics_count_the_requests_of_all_processes(shared_web):
    for _ in range(10):
        shared_web.ask("/healthz")

    metrics = shared_web.ask("/metrics").text

    counted = re.findall(
        r"django_http_requests_total_by_view_transport_method_total\{.*health.*\} (\S+)", metrics
    )
    assert sum(map(float, counted)) >= 10


def test_metrics_are_refused_through_an_unknown_proxy(shared_web):
    assert shared_web.ask("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status == 403


def test_log_ins_are_limited_by_the_address_behind_the_proxy(start_web):
    member = MemberFactory(password="a right password")
    web = start_web(BEHIND_PROXY="1", WEB_WORKERS="1")

    def log_in(login: str, password: str, *, forwarded: str) -> int:
        page = web.ask("/accounts/login/", headers={"X-Forwarded-For": forwarded})
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        token = cookie.partition("=")[2]
        return web.ask(
            "/accounts/login/",
            method="POST",
            body=f"login={login}&password={password}&csrfmiddlewaretoken={token}",
            headers={
                "Cookie": cookie,
                "X-Forwarded-For": forwarded,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        ).status

    for number in range(20):
        log_in(f"nobody{number}@example.com", "wrong", forwarded=f"10.9.8.{number}, 203.0.113.7")

    assert log_in(member.email, "a+right+password", forwarded="10.9.8.77, 203.0.113.7") == 429
    assert log_in(member.email, "a+right+password", forwarded="203.0.113.8") == 302


def test_web_server_has_a_statement_timeout(process_environment):
    show = "SHOW statement_timeout"
    script = (
        f"from django.db import connection as c; q = c.cursor(); q.execute('{show}'); print(*q.fetchone())"
    )
    command = [sys.executable, "-c", f"import django; django.setup(); {script}"]
    environment = {**process_environment, "STATEMENT_SECONDS": "10"}

    answer = subprocess.run(command, env=environment, cwd=BASE_DIR, capture_output=True, text=True)

    assert answer.stdout == "10s\n"
    with connection.cursor() as cursor:
        cursor.execute(show)
        assert cursor.fetchone() == ("0",)  # of this process, which is none of the web server


def test_multipart_log_in_is_refused_unparsed(shared_web):
    response = shared_web.ask(
        "/accounts/login/",
        method="POST",
        body="this is no multipart body",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert response.status == 415


def test_pages_are_loaded_without_a_database():
    load = "import django; django.setup(); from community.runtime import web; web._preload()"
    nowhere = {"DATABASE_URL": "postgres://caravan:secret@127.0.0.1:1/caravan"}

    done = subprocess.run(
        [sys.executable, "-c", load],
        env={**os.environ, **nowhere, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
