import pytest

from . import screeners


@pytest.fixture(autouse=True)
def no_screeners(settings):
    """The forum by itself: what the apps above it hold or refuse is tested with them."""
    settings.POST_SCREENERS = []
    settings.EDIT_SCREENERS = []


@pytest.fixture
def screener(settings, monkeypatch):
    """Let the test say what the screeners answer."""
    settings.POST_SCREENERS = ["tests.forum.screeners.screen"]

    def answer(verdict):
        monkeypatch.setattr(screeners, "verdict", verdict)

    return answer
