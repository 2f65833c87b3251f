import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
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
        "staticfiles": {"BACKEND": "community.runtime.static_files.OneStylesheetStorage"},
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


def test_imports_are_inlined_into_the_stylesheet(source: Path, tmp_path: Path):
    (source / "css/components").mkdir(parents=True)
    (source / "css/base.css").write_text("/* Elements. */\na { color: teal }\n")
    (source / "css/components/menus.css").write_text("/* Menus. */\n.menu {\n  color: plum\n}\n")
    (source / "css/site.css").write_text('/* All. */\n@import "base.css";\n@import "components/menus.css";\n')

    for _ in range(2):
        collect_when_changed()
        (tmp_path / "collected/.collected").unlink()

    collected = tmp_path / "collected/css"
    names = json.loads((tmp_path / "collected/staticfiles.json").read_text())["paths"]
    for path in (collected / "site.css", tmp_path / "collected" / names["css/site.css"]):
        assert path.read_text() == "a { color: teal }\n.menu {\ncolor: plum\n}\n"


@pytest.fixture
def weight_of(tmp_path: Path, settings: Settings) -> Callable[[str], int]:
    """The compressed size of a collected file, in bytes."""
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "community.runtime.static_files.OneStylesheetStorage"},
    }
    collect_when_changed()
    return lambda path: len(gzip.compress((settings.STATIC_ROOT / path).read_bytes()))


def test_all_styles_and_scripts_of_a_topic_weigh_at_most_120_kilobytes(
    weight_of: Callable[[str], int], settings: Settings
):
    paths = ["css/site.css", "css/icons.css", "django_htmx/htmx-2.min.js"]
    paths += [f"js/{name}.js" for name in ("site", "thread", "person-card", "composer", "drafts")]
    libraries = ("relative-time", "markdown-toolbar", "text-expander")
    paths += [next(settings.STATIC_ROOT.glob(f"vendor/*/{name}.js")) for name in libraries]

    assert sum(map(weight_of, paths)) < 120_000


def test_the_stylesheet_that_pages_wait_for_is_sent_in_one_round_trip(weight_of: Callable[[str], int]):
    """Servers send ten segments of 1,460 bytes before they wait for an acknowledgement."""
    headers = 450

    assert weight_of("css/site.css") + headers < 14_600


def test_hashed_name_changes_when_an_import_changes(source: Path, tmp_path: Path):
    (source / "css").mkdir()
    (source / "css/site.css").write_text('@import "base.css";\n')
    names = []

    for colour in ("teal", "plum"):
        (source / "css/base.css").write_text(f"a {{ color: {colour} }}\n")
        call_command("collectstatic", interactive=False, verbosity=0)
        names.append(
            json.loads((tmp_path / "collected/staticfiles.json").read_text())["paths"]["css/site.css"]
        )

    assert len(set(names)) == 2


def test_fingerprint_changes_with_new_files(source: Path):
    before = fingerprint()

    (source / "new.css").write_text("")

    assert fingerprint() != before
