"""Fixtures for all tests: real servers, an empty cache, no network beyond this machine."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_django
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from hypothesis import HealthCheck, settings

from community.events.services import partitions
from community.members.models import Member
from tests import servers
from tests.factories.members import MemberFactory
from tests.support import Browser

pytest_plugins = ["tests.browser_fixtures", "tests.worker_fixtures"]
# How long an example takes depends on what else the machine does.
settings.register_profile("tests", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("tests")
running = pytest.StashKey[servers.Servers | None]()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL and Redis in every process that runs tests; xdist's controller runs none."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.stash[running] = servers.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    opened = config.stash.get(running, None)
    if opened is not None:
        opened.__exit__()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Restore the migrations' rows for every test that commits; the one before it emptied the tables."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = {"transactional_db", "live_server", "any_page"} & set(getattr(item, "fixturenames", ()))
        if fixtures or (marker and marker.kwargs.get("transaction")):
            restored = pytest.mark.django_db(transaction=True, serialized_rollback=True)
            item.add_marker(restored, append=False)


def pytest_collection_finish() -> None:
    """Never look again for garbage among the modules and tests, which is most of what there is."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Keep what restores the migrations' rows where every connection finds it.

    Once Playwright's event loop runs, Django gives this thread a different connection from the one that created
    the database.
    """
    with django_db_blocker.unblock():
        rows = getattr(connection, "_test_serialized_contents", None)
        if rows is not None:
            type(connections["default"])._test_serialized_contents = rows


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """The database, for fixtures whose rows all tests of a module read; they are rolled back at its end.

    The tests still need `db`: each runs in a savepoint, so what it changes is gone for the next.
    """
    block = transaction.atomic()
    block._from_testcase = True  # as Django's own, so that what begins a transaction may run in it
    with django_db_blocker.unblock(), block:
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Clear per-process caches of rolled-back rows.

    A test that runs its on-commit callbacks and is rolled back leaves no partition behind; a browser's last
    request may meet a database that has just been emptied, and then creates content types of its own.
    """
    partitions._known.clear()
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Give each test an empty cache."""
    cache.clear()


@pytest.fixture
def redis_refuses_writes() -> Iterator[None]:
    """Make Redis refuse writes, as it does when its memory is full."""
    connection = cache._cache.get_client(None, write=True)
    connection.config_set("maxmemory-policy", "noeviction")
    connection.config_set("maxmemory", "1")
    yield
    connection.config_set("maxmemory", "0")


@pytest.fixture
def client() -> Browser:
    return Browser()


@pytest.fixture
def htmx() -> dict[str, str]:
    """The header of htmx requests."""
    return {"HX-Request": "true"}


@pytest.fixture
def log_in(client: Client) -> Callable[..., Member]:
    """Log a member in and return them: `log_in(member)`, or a new member if none is given."""

    def log_in(member: Member | None = None, **fields: object) -> Member:
        member = member or MemberFactory(**fields)
        client.force_login(member)
        return member

    return log_in


@pytest.fixture
def manager() -> Member:
    return MemberFactory(role="manager")


@pytest.fixture
def moderator() -> Member:
    return MemberFactory(role="moderator")


@pytest.fixture
def as_manager(client: Client, manager: Member) -> Client:
    client.force_login(manager)
    return client


@pytest.fixture
def as_moderator(client: Client, moderator: Member) -> Client:
    client.force_login(moderator)
    return client


@pytest.fixture
def no_screeners(settings: Any) -> None:
    """Publish every post at once; screeners are tested with the apps that define them."""
    settings.POST_SCREENERS = []
    settings.EDIT_SCREENERS = []


@pytest.fixture
def confirmation_is_needed(settings: Any) -> None:
    """Require email confirmation before the first log-in, as in production."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
