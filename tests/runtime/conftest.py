import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.runtime.home import Home
from tests.runtime.helpers import processes_using, wait_for


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
