"""Redis cache that tolerates refused writes (out of memory or disk)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from django.core.cache.backends import redis as backend
from redis import ResponseError

Answer = TypeVar("Answer")

SECONDS_BETWEEN_WARNINGS: Final = 60

log = logging.getLogger(__name__)
_warned_at = float("-inf")


class _Client(backend.RedisCacheClient):
    """On a refused write, delete the old value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return this server's only client; Django creates one per command."""
        index = self._get_connection_pool_index(write)  # type: ignore[attr-defined]
        if index not in self._clients:
            self._clients[index] = super().get_client(key, write=write)
        return self._clients[index]

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """Return True if the write is refused, so that the caller proceeds as the first."""
        return _write(lambda: super(_Client, self).add(key, value, timeout), refused=True)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        _write(
            lambda: super(_Client, self).set(key, value, timeout),
            refused=None,
            undo=lambda: self.delete(key),
        )

    def set_many(self, data: Any, timeout: Any) -> None:
        _write(
            lambda: super(_Client, self).set_many(data, timeout),
            refused=None,
            undo=lambda: self.delete_many(list(data)),
        )

    def touch(self, key: Any, timeout: Any) -> bool:
        return _write(lambda: super(_Client, self).touch(key, timeout), refused=False)

    def incr(self, key: Any, delta: Any) -> Any:
        """Return 0 if the write is refused.

        Raises ValueError if the key does not exist, as is the case after a refused write.
        """
        return _write(lambda: super(_Client, self).incr(key, delta), refused=0)


def _write(write: Callable[[], Answer], *, refused: Answer, undo: Callable[[], object] = bool) -> Answer:
    """Write; if Redis refuses, call `undo` and return `refused`."""
    global _warned_at
    try:
        return write()
    except ResponseError as error:
        if time.monotonic() - _warned_at > SECONDS_BETWEEN_WARNINGS:
            _warned_at = time.monotonic()
            log.warning("Redis refuses to store anything: %s", error)
    with suppress(ResponseError):  # with a full disk, deleting is refused too
        undo()
    return refused


class RedisCache(backend.RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
