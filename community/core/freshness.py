"""A version of everything that pages are kept of: with a new one, no page made earlier is shown any longer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from django.core.cache import cache
from django.db import transaction

EVERYTHING: Final = "version:everything"
# Longer than any page is kept; a version that is gone matches no page.
LIFETIME = 86_400


def everything_changed() -> None:
    """After the commit, drop every page that is kept: for what many pages show, and seldom changes.

    A name, a role, a badge's name, who may see a category.
    """
    renew_on_commit([EVERYTHING])


def renew_on_commit(versions: Sequence[str]) -> None:
    transaction.on_commit(lambda: _renew(versions), robust=True)


def _renew(versions: Sequence[str]) -> None:
    cache.set_many({version: secrets.token_hex(8) for version in versions}, LIFETIME)
