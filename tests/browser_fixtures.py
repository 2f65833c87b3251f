"""Chromium against the live server. `page` runs scripts, `plain_page` has JavaScript off, `any_page` is both in turn."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from community.members.models import Member

from .support import eventually

# Playwright's loop runs in the thread of the test, where Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER_FIXTURES = {"page", "plain_page", "any_page", "browser"}
CHROME_ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
NO_CHROMIUM = "there is no Chromium: `make test` installs one (apt-get install chromium, or playwright install chromium)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-browser", action="store_true", help="Fail when no browser test could be run and passed."
    )


def find_chromium() -> str | None:
    """The system's Chromium, else the one that `playwright install chromium` fetched."""
    for name in ("chromium", "chromium-browser", "google-chrome", CHROME_ON_MACOS):
        found = shutil.which(name)
        if found:
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    for folder in (cache, Path.home() / "Library/Caches/ms-playwright"):
        for pattern in ("chromium*/*/chrome*", "chromium*/*/*.app/Contents/MacOS/*"):
            for path in sorted(folder.glob(pattern)):
                if os.access(path, os.X_OK):
                    return str(path)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses a browser, and skip it where there is none."""
    missing = find_chromium() is None
    for item in items:
        if not BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            continue
        if {"page", "browser"} & set(item.callspec.params if hasattr(item, "callspec") else ()):
            # It would run among the browser tests, which empty the tables, and ahead of those that need them full.
            raise pytest.UsageError(f"{item.nodeid}: a parameter is called like a fixture of the browser.")
        item.add_marker("browser")
        if missing and not config.getoption("--require-browser"):
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make a run that was to include browsers fail when none was driven."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not reporter or not session.config.getoption("--require-browser"):
        return
    if not any("browser" in report.keywords for report in reporter.stats.get("passed", [])):
        reporter.write_line("No browser test was run.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(NO_CHROMIUM)
    return {**browser_type_launch_args, "executable_path": chromium, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(
    browser_context_args: dict[str, object], live_server: LiveServer
) -> dict[str, object]:
    return {
        **browser_context_args,
        "base_url": live_server.url,
        "locale": "en-GB",
        "timezone_id": "UTC",
        # Requests that pass through one cannot be intercepted by tests.
        "service_workers": "block",
    }


@pytest.fixture
def page(
    transactional_db: None, django_db_serialized_rollback: None, under_way: set[object], page: Page
) -> Iterator[Page]:
    """A page with JavaScript on; the test fails when a script does, or breaks the Content Security Policy."""
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: _note_policy_breach(complaints, message.text))
    yield page
    assert complaints == []


@pytest.fixture
def under_way(transactional_db: None) -> Iterator[set[object]]:
    """The threads with a request under way. The tables are emptied only when all have been answered."""
    threads: set[object] = set()

    def begin(**kwargs: object) -> None:
        threads.add(threading.get_ident())

    def end(**kwargs: object) -> None:
        threads.discard(threading.get_ident())

    request_started.connect(begin)
    request_finished.connect(end)
    yield threads
    eventually(lambda: not threads)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


def _note_policy_breach(complaints: list[str], text: str) -> None:
    if "Content Security Policy" in text:
        complaints.append(text)


@pytest.fixture
def plain_page(
    transactional_db: None,
    django_db_serialized_rollback: None,
    under_way: set[object],
    browser: Browser,
    browser_context_args: dict[str, object],
) -> Iterator[Page]:
    """A page with JavaScript off."""
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


@pytest.fixture(params=["scripts", "no scripts"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """The same test twice: with JavaScript and without."""
    return request.getfixturevalue("page" if request.param == "scripts" else "plain_page")


@pytest.fixture
def login(live_server: LiveServer) -> Callable[[Page, Member], None]:
    """`login(page, member)`: the browser of `page` is logged in as `member` from its next request on."""

    def log_in(page: Page, member: Member) -> None:
        client = Client()
        client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}]
        )

    return log_in
