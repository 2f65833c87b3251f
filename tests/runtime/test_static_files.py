import os
from pathlib import Path

import pytest
from pytest_django import Settings

from community.runtime.static_files import collect_when_changed, fingerprint


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    """A folder with static files, and an empty STATIC_ROOT."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "site.css").write_text("body { color: teal }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    return folder


def test_first_run_collects(source: Path, tmp_path: Path):
    assert collect_when_changed() is True

    assert (tmp_path / "collected/staticfiles.json").exists()


def test_unchanged_files_are_not_collected(source: Path):
    collect_when_changed()

    assert collect_when_changed() is False


def test_changed_file_is_collected(source: Path, tmp_path: Path):
    collect_when_changed()
    (source / "site.css").write_text("body { color: plum }")
    os.utime(source / "site.css", ns=(1, 1))

    assert collect_when_changed() is True

    assert (tmp_path / "collected/site.css").read_text() == "body { color: plum }"


def test_interrupted_collection_is_repeated(source: Path, tmp_path: Path):
    collect_when_changed()
    (tmp_path / "collected/.collected").unlink()

    assert collect_when_changed() is True


def test_deleted_files_are_removed(source: Path, tmp_path: Path):
    (source / "old.css").write_text("")
    collect_when_changed()
    (source / "old.css").unlink()

    collect_when_changed()

    assert not (tmp_path / "collected/old.css").exists()


def test_fingerprint_changes_with_new_files(source: Path):
    before = fingerprint()

    (source / "new.css").write_text("")

    assert fingerprint() != before
