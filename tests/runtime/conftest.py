import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from community.runtime.home import Home
from tests.runtime.helpers import processes_using, wait_for
from tests.runtime.web_process import Web
from tests.worker_fixtures import environment_of_processes


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that start servers and use no database of the tests.

    They take longest, and would otherwise come last, when one xdist worker may have nothing left to do. The ten
    tests of `up` come first, because the first ten all go to one worker: two would start a stack each.
    """

    def turn(item: pytest.Item) -> int:
        own = [name for name in ("up", "home") if name in getattr(item, "fixturenames", ())]
        return ("up", "home").index(own[0]) if own and item.get_closest_marker("django_db") is None else 2

    items.sort(key=turn)


@pytest.fixture
def home() -> Iterator[Home]:
    """A home with a short path that PostgreSQL's user can access, unlike pytest's temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="caravan-test-"))
    folder.chmod(0o755)
    made = Home(folder / "var", durable=False)
    yield made
    wait_for(lambda: not processes_using(folder))
    made.remove_sockets()
    for leftover in {folder, made.postgres}:
        shutil.rmtree(leftover, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web server on the test database for all tests of a module that leave it running."""
    with closing(
        Web(tmp_path_factory.mktemp("web"), {**environment_of_processes(), "WEB_WORKERS": "2"})
    ) as web:
        yield web


@pytest.fixture
def start_web(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """`start_web(NAME=value)` returns a web server on the test database."""
    started: list[Web] = []

    def start(**values: str) -> Web:
        started.append(Web(tmp_path, {**process_environment, "WEB_WORKERS": "2", **values}))
        return started[-1]

    yield start
    for web in started:
        web.close()
