"""The notice while the demo is being seeded, which disappears with the process that seeds it."""

import subprocess
import sys

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.core.demo import being_written, is_being_written
from tests.factories.members import MemberFactory

NOTICE = "The demo community is still being set up"
PAGES = ["/", "/latest/", "/accounts/login/"]


@pytest.fixture
def mark(settings, tmp_path):
    settings.DEMO_MARK = tmp_path / "demo-is-written"
    return settings.DEMO_MARK


def test_nothing_is_written_without_a_mark(mark):
    assert is_being_written() is False


def test_it_is_being_written_as_long_as_somebody_writes(mark):
    with being_written():
        assert is_being_written() is True

    assert is_being_written() is False
    assert not mark.exists()


def test_it_is_over_when_writing_failed(mark):
    with pytest.raises(RuntimeError), being_written():
        raise RuntimeError

    assert is_being_written() is False


def test_it_is_over_when_the_writer_was_killed(mark):
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import fcntl; f = open({str(mark)!r}, 'w'); fcntl.flock(f, 2); print(1, flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with writer:
        assert writer.stdout.readline() == b"1\n"
        assert is_being_written() is True

        writer.kill()
        writer.wait()

        assert is_being_written() is False
        assert mark.exists()


def test_a_served_site_has_no_mark_and_looks_for_none(settings):
    settings.DEMO_MARK = None

    with being_written():
        assert is_being_written() is False


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("logged_in", [False, True])
def test_pages_say_so_to_everybody_while_it_is_written(client, mark, address, logged_in):
    if logged_in:
        client.force_login(MemberFactory())

    with being_written():
        during = client.get(address, follow=True).content.decode()
    after = client.get(address, follow=True).content.decode()

    assert during.count(NOTICE) == 1
    assert NOTICE not in after


@pytest.mark.django_db
def test_a_page_with_the_notice_is_kept_for_nobody(mark):
    with being_written():
        Client().get("/")
        Client().get("/")

    assert NOTICE not in Client().get("/").content.decode()


@pytest.mark.django_db
def test_a_page_from_before_is_shown_to_nobody_while_it_is_written(mark):
    Client().get("/")

    with being_written():
        assert NOTICE in Client().get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_the_notice_costs_no_statement(client, mark, address):
    client.get(address)
    with being_written(), CaptureQueriesContext(connection) as with_it:
        client.get(address)
    with CaptureQueriesContext(connection) as without:
        client.get(address, {"other": "1"})  # not cached yet

    assert len(with_it) == len(without)


@pytest.mark.django_db
def test_demo_progress_leaves_the_notice_alone_while_it_is_written(client, mark):
    with being_written():
        response = client.get("/demo/", headers={"HX-Request": "true"})

    assert (response.status_code, response.content) == (204, b"")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "shows_it_all"), [("/", True), ("/accounts/login/", False)])
def test_demo_progress_shows_what_has_come_on_the_home_page_only(client, mark, address, shows_it_all):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}

    answer = client.get("/demo/", headers=headers).content.decode()

    assert ('hx-get="/"' in answer) is shows_it_all
    assert NOTICE not in answer
