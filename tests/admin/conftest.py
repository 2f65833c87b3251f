import pytest

from tests.factories.members import MemberFactory


@pytest.fixture
def manager(db):
    return MemberFactory(role="manager", display_name="Marta")


@pytest.fixture
def moderator(db):
    return MemberFactory(role="moderator", display_name="Ada")
