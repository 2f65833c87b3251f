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


def test_there_is_no_notice_without_a_marker(mark):
    assert is_being_written() is False


def test_the_notice_lasts_as_long_as_the_seeding_process(mark):
    with being_written():
        assert is_being_written() is True

    assert is_being_written() is False
    assert not mark.exists()


def test_the_notice_ends_when_seeding_fails(mark):
    with pytest.raises(RuntimeError), being_written():
        raise RuntimeError

    assert is_being_written() is False


def test_the_notice_ends_when_the_process_is_killed(mark):
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


def test_a_production_site_does_not_look_for_a_marker(settings):
    settings.DEMO_MARK = None

    with being_written():
        assert is_being_written() is False


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("logged_in", [False, True])
def test_pages_show_the_notice_to_everyone_while_seeding(client, mark, address, logged_in):
    if logged_in:
        client.force_login(MemberFactory())

    with being_written():
        during = client.get(address, follow=True).content.decode()
    after = client.get(address, follow=True).content.decode()

    assert during.count(NOTICE) == 1
    assert NOTICE not in after


@pytest.mark.django_db
def test_a_page_with_the_notice_is_not_cached(mark):
    with being_written():
        Client().get("/")
        Client().get("/")

    assert NOTICE not in Client().get("/").content.decode()


@pytest.mark.django_db
def test_earlier_cached_pages_are_not_shown_while_seeding(mark):
    Client().get("/")

    with being_written():
        assert NOTICE in Client().get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_the_notice_costs_no_query(client, mark, address):
    client.get(address)
    with being_written(), CaptureQueriesContext(connection) as with_it:
        client.get(address)
    with CaptureQueriesContext(connection) as without:
        client.get(address, {"page": "1"})  # not cached yet

    assert len(with_it) == len(without)


@pytest.mark.django_db
def test_demo_progress_keeps_the_notice_while_seeding(client, mark):
    with being_written():
        response = client.get("/demo/", headers={"HX-Request": "true"})

    assert (response.status_code, response.content) == (204, b"")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "shows_it_all"), [("/", True), ("/accounts/login/", False)])
def test_demo_progress_updates_the_home_page_only(client, mark, address, shows_it_all):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}

    answer = client.get("/demo/", headers=headers).content.decode()

    assert ('hx-get="/"' in answer) is shows_it_all
    assert NOTICE not in answer
