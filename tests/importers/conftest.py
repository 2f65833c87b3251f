import tarfile
from pathlib import Path

import pytest
from django.core.management import call_command

from community.importers.models import ImportBatch
from community.importers.progress import NoProgress
from community.importers.services import imports, rollback
from tests.importers.dumps import Dump, village
from tests.support import data_file


@pytest.fixture
def dump(tmp_path) -> Dump:
    return village(tmp_path / "village")


QUESTIONS = 120


@pytest.fixture
def town(tmp_path):
    """A dump large enough for several transactions of every step."""
    dump = Dump(tmp_path / "town")
    for number in range(1, 521):
        dump.user(number)
        dump.add("badges", UserId=number)
    for number in range(1, QUESTIONS + 1):
        answer = 1000 + number
        dump.question(number, OwnerUserId=number, AcceptedAnswerId=answer, Score=1)
        dump.answer(answer, to=number, OwnerUserId=number + 1, CreationDate="2020-01-02T11:00:00.000")
        dump.history(
            number, 2, f"See [next](https://town.example/q/{number % QUESTIONS + 1}).", UserId=number
        )
        dump.add("votes", PostId=number, VoteTypeId=2).add("votes", PostId=answer, VoteTypeId=1)
        dump.add("comments", PostId=answer, UserId=number)
    return dump.write()


@pytest.fixture
def imported(db):
    """Import a dump under a name, and return the batch."""

    def run(dump: Dump | Path, name: str = "village", **options) -> ImportBatch:
        folder = dump.write() if isinstance(dump, Dump) else dump
        batch = imports.open_batch(folder, name=name, site=options.pop("site", "beer.example.com"))
        return imports.run(batch, folder, category=None, progress=NoProgress())

    return run


@pytest.fixture
def undone(db):
    def run(batch: ImportBatch, *, force: bool = False) -> dict[str, int]:
        return rollback.undo(batch, force=force, progress=NoProgress())

    return run


class Heard:
    """A progress that records its calls."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.units = 0

    def start(self, what: str, total: int) -> None:
        self.started.append((what, total))

    def advance(self, units: int) -> None:
        self.units += units


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="session")
def conlang(tmp_path_factory) -> Path:
    """The real dump of a small site, which is not part of the repository."""
    archive = data_file("conlang.meta.stackexchange.tar.xz")
    folder = tmp_path_factory.mktemp("conlang")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / "se_conlang_meta"


@pytest.fixture
def drained():
    """Run all followers and drains until nothing is left."""

    def run() -> None:
        call_command("follow")
        call_command("journeys_drain")

    return run


def skipped(batch: ImportBatch, file: str) -> dict[str, int]:
    return next(table["skipped"] for table in batch.report["tables"] if table["file"] == file)
