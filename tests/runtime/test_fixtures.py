"""The fixtures for servers, browsers and workers that other tests rely on."""

import socket
from collections.abc import Callable
from subprocess import Popen

import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from pytest_socket import SocketConnectBlockedError

from community.celery import app
from community.members.models import Member


@pytest.mark.django_db
def test_database_is_postgresql_18_with_the_extensions_we_use():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent')")
        extensions = {name for (name,) in cursor.fetchall()}

    assert connection.pg_version >= 180000
    assert extensions == {"pg_trgm", "unaccent"}


@pytest.mark.parametrize("turn", [1, 2])
def test_cache_is_empty_at_the_start_of_each_test(turn: int):
    assert cache.get("left-over") is None

    cache.set("left-over", turn)

    assert cache.get("left-over") == turn


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_network_is_closed():
    with socket.socket() as client, pytest.raises(SocketConnectBlockedError):
        client.connect(("192.0.2.1", 80))


def test_page_reaches_the_live_server(page: Page):
    answer = page.goto("/healthz")

    assert answer is not None
    assert answer.status == 200


def test_plain_page_runs_no_script(plain_page: Page):
    plain_page.set_content("<p>before</p><script>document.querySelector('p').textContent = 'after'</script>")

    assert plain_page.inner_text("p") == "before"


def test_page_runs_scripts(page: Page):
    page.set_content("<p>before</p><script>document.querySelector('p').textContent = 'after'</script>")

    assert page.inner_text("p") == "after"


def test_login_gives_the_browser_a_session(
    page: Page, login: Callable[[Page, Member], None], live_server: LiveServer
):
    member = Member.objects.create_user("ada@example.com", "ada", "a long password", display_name="Ada")

    login(page, member)

    assert [cookie["name"] for cookie in page.context.cookies(live_server.url)] == ["sessionid"]


@pytest.mark.worker
def test_celery_worker_answers_and_takes_from_every_queue(celery_worker: Popen[bytes]):
    (answer,) = app.control.ping(limit=1)
    (queues,) = (app.control.inspect(timeout=2).active_queues() or {}).values()

    assert list(answer.values()) == [{"ok": "pong"}]
    assert {queue["name"] for queue in queues} == {"default", "journeys", "mail", "imports"}
