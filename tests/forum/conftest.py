import pytest

from . import screeners


@pytest.fixture(autouse=True)
def no_screeners(settings):
    """Disable screeners, which are tested with the apps that define them."""
    settings.POST_SCREENERS = []
    settings.EDIT_SCREENERS = []


@pytest.fixture
def screener(settings, monkeypatch):
    """Set the verdict of the screeners."""
    settings.POST_SCREENERS = ["tests.forum.screeners.screen"]

    def answer(verdict):
        monkeypatch.setattr(screeners, "verdict", verdict)

    return answer
