import pytest


@pytest.fixture(autouse=True)
def published_at_once(no_screeners):
    """Use no_screeners in every test here."""
