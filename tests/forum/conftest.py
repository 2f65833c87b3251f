import pytest

from community.forum import hooks


@pytest.fixture(autouse=True)
def no_screeners(monkeypatch):
    """The forum by itself: what the apps above it hold or refuse is tested with them."""
    monkeypatch.setattr(hooks, "_screeners", [])
    monkeypatch.setattr(hooks, "_edit_screeners", [])


@pytest.fixture
def screener(monkeypatch):
    """Let the test say what the screeners answer."""

    def answer(verdict):
        monkeypatch.setattr(hooks, "_screeners", [lambda *_: verdict])

    return answer
