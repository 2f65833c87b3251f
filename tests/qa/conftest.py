import pytest


@pytest.fixture(autouse=True)
def no_screeners(settings):
    """The forum by itself: what the apps above it hold or refuse is tested with them."""
    settings.POST_SCREENERS = []
