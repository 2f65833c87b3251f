"""Every post in real dumps reads as before; see tests/importers/compare.py."""

import tarfile
from pathlib import Path

import pytest

from community.core.html_to_markdown import reads_like, to_markdown
from tests.importers.compare import differing, rows_of
from tests.support import data_file


@pytest.fixture(scope="module")
def beer(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("beer")
    with tarfile.open(data_file("beer.stackexchange.tar.xz")) as opened:
        for name in ("Posts.xml", "Comments.xml", "PostHistory.xml", "PostLinks.xml"):
            opened.extract(f"se_beer/{name}", folder, filter="data")
    return folder / "se_beer"


def keys(found) -> list[int]:
    return [row.key for row, _, _ in found]


def test_every_post_without_markdown_reads_as_in_the_dump(beer, conlang):
    assert keys(differing(beer, with_history=False)) == []
    assert keys(differing(conlang, with_history=False)) == []


def test_nearly_every_post_with_markdown_reads_as_in_the_dump(beer, conlang):
    """The rest have broken links, or marks that CommonMark reads differently."""
    assert len(keys(differing(beer, with_history=True, every=4))) <= 3
    assert keys(differing(conlang, with_history=True)) == [11, 72, 98]


def test_posts_read_the_same_once_they_are_edited(beer, conlang):
    bodies = [row.data.get("Body", "") for row in rows_of(conlang, "posts")]
    bodies += [row.data.get("Body", "") for row in rows_of(beer, "posts") if (row.source_id or 0) % 40 == 0]

    assert [body for body in bodies if not reads_like(to_markdown(body), body)] == []
