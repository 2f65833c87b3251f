import pytest

from . import screeners


@pytest.fixture(autouse=True)
def published_at_once(no_screeners):
    """Use no_screeners in every test here."""


@pytest.fixture
def screener(settings, monkeypatch):
    """Set the verdict of the screeners."""
    settings.POST_SCREENERS = ["tests.forum.screeners.screen"]

    def answer(verdict):
        monkeypatch.setattr(screeners, "verdict", verdict)

    return answer
