"""Followers: functions that process events exactly once, each with its own cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from django.utils.module_loading import autodiscover_modules

from .catalogue import EventName
from .models import Event

Handler = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Follower:
    name: str
    names: frozenset[str] | None  # None: every event
    handle: Handler
    batch: int


_registry: dict[str, Follower] = {}


def follower(
    name: str, *, names: Sequence[EventName] | None = None, batch: int = 3000
) -> Callable[[Handler], Handler]:
    """Register a function that processes batches of committed events, oldest first.

    It runs in the transaction that moves its cursor, so its database writes happen exactly once. If it raises,
    the batch is retried; an event that keeps failing becomes a dead letter.
    """

    def register(handle: Handler) -> Handler:
        if name in _registry and _registry[name].handle.__module__ != handle.__module__:
            raise ValueError(f"Two followers are called {name!r}.")
        _registry[name] = Follower(name, frozenset(names) if names is not None else None, handle, batch)
        return handle

    return register


def all_followers() -> dict[str, Follower]:
    _discover()
    return dict(sorted(_registry.items()))


@cache  # it looks for a file in every app, which takes longer than reading the newest events
def _discover() -> None:
    autodiscover_modules("followers")
