"""A shared Redis connection, keys with the cache's prefix, and marks that something is on its way."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


def key(name: str) -> str:
    """Return the key with the cache's prefix, so that clearing the cache clears it too."""
    return f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:{name}"


def mark(name: str, *, seconds: int) -> bool:
    """Set a mark for a time; return whether it was not set before, or could not be because Redis is full."""
    try:
        return bool(client().set(key(name), 1, nx=True, ex=seconds))
    except redis.ResponseError:
        return True


def unmark(name: str) -> None:
    """Remove a mark; with a full disk it stays until its time is over."""
    with suppress(redis.ResponseError):
        client().delete(key(name))
