import pytest


@pytest.fixture(autouse=True)
def no_screeners(settings):
    """Disable screeners, which are tested with the apps that define them."""
    settings.POST_SCREENERS = []
