import pytest

from tests.factories.members import MemberFactory


@pytest.fixture
def manager(db):
    return MemberFactory(role="manager", display_name="Marta")


@pytest.fixture
def moderator(db):
    return MemberFactory(role="moderator", display_name="Ada")


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def as_moderator(client, moderator):
    client.force_login(moderator)
    return client
