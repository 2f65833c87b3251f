from collections.abc import Callable, Sequence
from typing import Any

import pytest

from community.events import registry
from community.events.models import Event
from community.members.models import Member


@pytest.fixture
def ann(db: None) -> Member:
    return Member.objects.create_user("ann@example.com", "ann")


@pytest.fixture
def follow_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register a follower called "test" that runs the given function."""

    def register(handle: Callable[[Sequence[Event]], Any], **options: Any) -> None:
        monkeypatch.setitem(
            registry._registry,
            "test",
            registry.Follower("test", options.get("names"), handle, options.get("batch", 500)),
        )

    return register
