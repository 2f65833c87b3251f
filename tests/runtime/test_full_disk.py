"""PostgreSQL, Redis and the site on a small disk that fills up."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.core.disk import metrics_folder
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.environment import variables
from community.runtime.home import Home
from tests.runtime.helpers import bare_environment

# Run by a web process while the disk fills up and is freed again; each step prints the statuses it got.
STEPS = """
import json, os, pathlib, re
from urllib.parse import urlencode
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from community.core import disk

STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
override_settings(
    ALLOWED_HOSTS=["*"], STORAGES=settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
).enable()
call_command("migrate", verbosity=0)
filler = pathlib.Path(os.environ["CARAVAN_DATA"], "filler")
number = 0

def leave(megabytes):
    while (left := disk.free_bytes() - megabytes * 2**20) > 0:
        try:
            with filler.open("ab") as file:
                file.write(bytes(min(left, 2**20)))
        except OSError:
            break
    disk._State.checked_at = float("-inf")

def sign_up():
    global number
    number += 1
    client = Client(enforce_csrf_checks=True)
    token = re.search('csrfmiddlewaretoken" value="([^"]+)', client.get("/accounts/signup/").text)[1]
    form = {"display_name": "Ada", "email": f"a{number}@acme.example", "username": f"ada{number}"}
    form |= {"password1": "a quiet morning with coffee", "guidelines": "on", "csrfmiddlewaretoken": token}
    kind = "application/x-www-form-urlencoded"
    return client.post("/accounts/signup/", urlencode(form), content_type=kind).status_code

def step(name):
    read = [Client().get(address).status_code for address in ("/", "/accounts/login/", "/latest/", "/search/?q=a")]
    print(json.dumps({name: [read, [sign_up(), sign_up()]]}))

step("room")
leave(50)
step("low")
leave(0)
step("full")
filler.unlink()
disk._State.checked_at = float("-inf")
step("room again")
"""


@pytest.fixture
def small_disk(home: Home) -> Iterator[Home]:
    if os.geteuid():
        pytest.skip("only root can mount a small disk; tests/core/test_disk.py needs none")
    home.root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m,mode=755", "tmpfs", home.root], check=True)
    yield home
    subprocess.run(["umount", "--lazy", home.root], check=True)


@pytest.fixture
def metrics() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=metrics_folder()) as folder:
        yield folder


def test_a_disk_that_fills_up_leaves_the_site_readable_and_postgresql_alive(small_disk: Home, metrics: str):
    environment = variables(small_disk) | {"DISK_RESERVE_MB": "100", "PROMETHEUS_MULTIPROC_DIR": metrics}

    with Servers(Home(small_disk.root)):
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports"],
            cwd=BASE_DIR,
            env=bare_environment(**environment),
            input=textwrap.dedent(STEPS),
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stderr
    met = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            met |= json.loads(line)
    read = [200, 200, 200, 200]
    assert met == {
        "room": [read, [302] * 2],
        "low": [read, [503] * 2],
        "full": [read, [503] * 2],
        "room again": [read, [302] * 2],
    }
    assert list(Path(metrics).glob("*.db"))
    assert "PANIC" not in (small_disk.root / "postgres.log").read_text()
