import pytest

from community.forum import hooks
from tests.factories.members import MemberFactory


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


HTMX = {"HX-Request": "true"}


@pytest.fixture
def htmx():
    """The header with which htmx asks."""
    return HTMX


@pytest.fixture
def log_in(client):
    """Log somebody in and return them: `log_in(member)`, or a new member without one."""

    def log_in(member=None, **fields):
        member = member or MemberFactory(**fields)
        client.force_login(member)
        return member

    return log_in
