import pytest

from tests.factories.prospects import RosterEntryFactory


@pytest.fixture
def entry():
    """A salesperson of a prospect forum."""
    return RosterEntryFactory()
