"""The application as a database role that owns nothing, as compose runs web, worker and beat."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from community.core.audit import audit
from community.events import registry
from community.events.models import Event
from community.events.services import cursors, recording
from community.forum.models import Post
from community.moderation.models import AuditEntry
from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db(transaction=True)

ROLE = "caravan_app_of_tests"
URL = f"postgres://{ROLE}:its-password@localhost/caravan"


@pytest.fixture
def role(settings) -> Iterator[None]:
    """Create the role with `migrate`, and switch to it."""
    settings.APP_DATABASE_URL = URL
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {ROLE}")
        yield
        cursor.execute("RESET SESSION AUTHORIZATION")
        cursor.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


@pytest.mark.usefixtures("role")
def test_the_application_works_as_a_role_that_owns_nothing(client: Client, monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setitem(registry._registry, "test", registry.Follower("test", None, seen.extend, 50))
    topic, member = TopicFactory(), MemberFactory()
    client.force_login(member)

    reply = client.post(f"/topics/{topic.pk}/reply/", {"source": "Descale it twice and it works."})
    pages = [client.get(address).status_code for address in ("/", topic.get_absolute_url(), "/readyz")]
    with transaction.atomic():
        recording.record("guidelines.accepted", actor=member, subject=member, key="1", version=1)
    for name in registry.all_followers():
        while cursors.follow(name):
            pass

    assert (reply.status_code, Post.objects.filter(author=member).count()) == (302, 1)
    assert pages[:2] == [200, 200]
    assert "guidelines.accepted" in [event.name for event in seen]


@pytest.mark.usefixtures("role")
def test_the_role_adds_a_partition_that_it_can_use(monkeypatch: pytest.MonkeyPatch):
    member = MemberFactory()
    with transaction.atomic():
        recording.record(
            "guidelines.accepted",
            actor=member,
            subject=member,
            key="1",
            version=1,
            occurred_at=datetime(1997, 5, 9, tzinfo=UTC),
        )

    event = Event.objects.get(occurred_at__year=1997)
    recording.retract([event], reason="No.")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(retracted_at) FROM event_1997_05")
        assert cursor.fetchone() == (1, 1)
        cursor.execute("SELECT event_set_epoch(0)")
        cursor.execute("RESET SESSION AUTHORIZATION")
        cursor.execute("DROP TABLE event_1997_05")


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE moderation_auditentry SET act = 'nothing'",
        "DELETE FROM moderation_auditentry",
        "TRUNCATE moderation_auditentry",
        "TRUNCATE event",
        "DROP TABLE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "CREATE TABLE public.mine (id int)",
        "CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "DELETE FROM django_migrations",
    ],
)
def test_the_role_may_not(statement: str):
    audit("member.warn", actor=MemberFactory(role="manager"), subject=MemberFactory())

    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.count() == 1


@pytest.mark.usefixtures("role")
def test_migrate_again_changes_nothing_and_sets_a_new_password(settings):
    with connection.cursor() as cursor:
        cursor.execute("RESET SESSION AUTHORIZATION")
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ROLE])
        first = cursor.fetchone()[0]
        settings.APP_DATABASE_URL = URL.replace("its-password", "a-new-one")

        call_command("migrate", verbosity=0)

        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ROLE])
        second = cursor.fetchone()[0]

    assert first.startswith("SCRAM-SHA-256$")
    assert second.startswith("SCRAM-SHA-256$")
    assert first != second


def test_the_role_may_not_be_the_owner(settings):
    settings.APP_DATABASE_URL = "postgres://caravan:its-password@localhost/caravan"

    with pytest.raises(CommandError, match="caravan, which owns the tables"):
        call_command("migrate", verbosity=0)
