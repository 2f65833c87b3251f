"""A shared Redis connection, and keys with the cache's prefix."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


def key(name: str) -> str:
    """Return the key with the cache's prefix, so that clearing the cache clears it too."""
    return f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:{name}"
