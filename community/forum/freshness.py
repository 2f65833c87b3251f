"""Which topics and lists have changed, so that pages kept for visitors are dropped in time."""

from __future__ import annotations

import logging
import secrets

from django.core.cache import cache
from django.db import transaction

log = logging.getLogger(__name__)

LISTS = "forum:version:lists"
# Who may see what has changed, so no page kept for visitors holds any longer.
PLACES = "forum:version:places"
# Longer than any page is kept; a version that is gone matches no page.
LIFETIME = 86_400


def topic_key(topic_id: int) -> str:
    return f"forum:version:topic:{topic_id}"


def topic_changed(topic_id: int, *, lists: bool = True) -> None:
    """After the commit, drop what is kept of this topic, and of the lists when they show the change."""
    keys = [topic_key(topic_id), LISTS] if lists else [topic_key(topic_id)]
    transaction.on_commit(lambda: _renew(keys), robust=True)


def places_changed() -> None:
    """After the commit, drop every page: what visitors may see is no longer the same."""
    transaction.on_commit(lambda: _renew([PLACES]), robust=True)


def _renew(keys: list[str]) -> None:
    cache.set_many({key: secrets.token_hex(8) for key in keys}, LIFETIME)
