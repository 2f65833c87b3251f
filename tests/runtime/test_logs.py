"""Log formats, in production and in development."""

import json
import subprocess
import sys

import pytest

from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import served_environment

REQUEST = """
import django; django.setup()
from django.test import Client
Client(raise_request_exception=False).get("/healthz", secure=True, headers={"host": "community.example"})
"""
LIBRARY = """
import django; django.setup()
import logging
logging.getLogger("some.library").warning("Lost %s", "connection", extra={"attempt": 2})
def divide(secret):
    return 1 / 0
try:
    divide("hunter2" * 2)
except ZeroDivisionError:
    logging.getLogger("some.library").exception("It broke")
logging.getLogger("some.library").debug("not shown")
"""

SECRET = """
import django; django.setup()
import logging
def log_in():
    password = "-".join(("known", "to", "nobody"))
    return 1 / 0
try:
    log_in()
except ZeroDivisionError:
    logging.getLogger("some.library").exception("It broke")
"""


def lines(script: str, **values: str) -> list[str]:
    environment = served_environment(DJANGO_SETTINGS_MODULE="community.settings", **values)
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stderr.splitlines()


@pytest.fixture(scope="module")
def request_line() -> str:
    (line,) = lines(REQUEST)
    return line


def test_request_is_one_json_line_with_its_duration(request_line: str):
    told = json.loads(request_line)

    assert told["event"] == "request_finished"
    assert (told["request"], told["code"], told["level"]) == ("GET /healthz", 200, "info")
    assert told["ms"] >= 0
    assert told["request_id"]


def test_request_line_has_no_client_address(request_line: str):
    assert "127.0.0.1" not in request_line
    assert "ip" not in json.loads(request_line)


def test_library_lines_are_json_too():
    first, second = (json.loads(line) for line in lines(LIBRARY))

    assert (first["event"], first["logger"], first["attempt"]) == ("Lost connection", "some.library", 2)
    assert second["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_error_lines_have_a_traceback_without_variables():
    line = lines(LIBRARY)[1]

    (error,) = json.loads(line)["exception"]
    assert [frame["name"] for frame in error["frames"]] == ["<module>", "divide"]
    assert "hunter2hunter2" not in line


def test_console_lines_are_readable():
    (line,) = lines(REQUEST, LOG_FORMAT="console")

    assert line.startswith("[info     ] request_finished")
    assert "GET /healthz" in line
    assert "request_id" not in line


def test_console_errors_have_no_variables():
    told = "\n".join(lines(SECRET, LOG_FORMAT="console"))

    assert "ZeroDivisionError" in told
    assert "known-to-nobody" not in told


@pytest.mark.parametrize(("level", "count"), [("ERROR", 0), ("DEBUG", 2)])
def test_log_level_filters_lines(level: str, count: int):
    found = [line for line in lines(REQUEST, LOG_LEVEL=level) if '"request_' in line]

    assert len(found) == count
