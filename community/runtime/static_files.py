"""Collect static files only when they have changed, with the stylesheets bundled into one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEET = "css/site.css"
_IMPORT = re.compile(r'^@import "(.+)";$', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_INDENT = re.compile(r"\n\s+")

Sources = dict[str, tuple[Storage, str]]


class OneStylesheetStorage(CompressedManifestStaticFilesStorage):
    """Inlines the imports of `css/site.css`, without comments and indentation.

    A first visit then needs one request for the stylesheet. Before collection, browsers resolve the imports.
    """

    def post_process(
        self, paths: Sources, dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[Any, ...]]:
        if STYLESHEET in paths and not dry_run:
            self.delete(STYLESHEET)
            self.save(STYLESHEET, ContentFile(_joined(paths)))
            paths = {**paths, STYLESHEET: (self, STYLESHEET)}
        yield from super().post_process(paths, dry_run=dry_run, **options)  # type: ignore[no-untyped-call]


def _joined(sources: Sources) -> str:
    def text(name: str) -> str:
        storage, path = sources[name]
        with storage.open(path) as file:
            return str(file.read().decode())

    joined = _IMPORT.sub(lambda found: text(f"css/{found[1]}"), text(STYLESHEET))
    return _INDENT.sub("\n", _COMMENT.sub("", joined))


def collect_when_changed() -> bool:
    """Run collectstatic unless the files are unchanged since the last run. Return whether it ran."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".collected"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    root.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)
    return True


def fingerprint() -> str:
    """Return a digest of the names, sizes and modification times of all static files."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()
