"""What every test can count on: real servers, an empty cache, no network but this machine's own."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from community.events.services import partitions
from tests import servers

pytest_plugins = ["tests.browser_fixtures", "tests.worker_fixtures"]
running = pytest.StashKey[servers.Servers | None]()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL and Redis once, in the process that starts the xdist workers."""
    if not hasattr(config, "workerinput"):
        config.stash[running] = servers.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    opened = config.stash.get(running, None)
    if opened is not None:
        opened.__exit__()


@pytest.fixture(autouse=True)
def no_remembered_months() -> Iterator[None]:
    """A test that runs its on-commit callbacks and is rolled back leaves no partition behind."""
    yield
    partitions._known.clear()


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Each test begins with an empty cache, and nothing it puts there is seen by another."""
    cache.clear()
    yield
    cache.clear()
