"""The health check of database connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """A second connection, which looks at the first one."""
    other = connection.copy()
    yield other
    other.close()


def next_request() -> None:
    """Check the connection as Django does at each request; the tests' own settings keep none."""
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()


def pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_open_connection_is_kept_without_asking_the_server(other: BaseDatabaseWrapper) -> None:
    before = pid()
    next_request()
    with other.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [before])
        assert cursor.fetchone() == ("SELECT pg_backend_pid()",)
    assert pid() == before


def test_connection_that_the_server_ended_is_replaced(other: BaseDatabaseWrapper) -> None:
    before = pid()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    next_request()
    assert pid() != before
