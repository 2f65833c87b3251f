import pytest

from community.forum import hooks


@pytest.fixture(autouse=True)
def no_screeners(monkeypatch):
    """The forum by itself: what the apps above it hold or refuse is tested with them."""
    monkeypatch.setattr(hooks, "_screeners", [])
