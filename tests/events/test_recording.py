import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.db.utils import DatabaseError
from django.utils import timezone

from community.events.catalogue import (
    EVENT_REINSTATED,
    EVENT_RETRACTED,
    EVENT_TYPES,
    GUIDELINES_ACCEPTED,
    MEMBER_REGISTERED,
    EventName,
    checked_payload,
)
from community.events.models import Event, RecordedId
from community.events.services import partitions, recording
from community.members.models import Member
from tests.support import backends_waiting_for_a_lock, eventually, in_thread

pytestmark = pytest.mark.django_db


def test_record_stores_the_event(ann):
    event = recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, version=3)

    saved = Event.objects.get()
    assert saved == event
    assert (saved.member, saved.actor, saved.actor_role) == (ann, ann, "member")
    assert (saved.object_type, saved.object_id) == ("members.member", ann.pk)
    assert saved.props == {"version": 3}
    assert saved.backfill is False


def test_record_twice_keeps_the_first(ann):
    first = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)
    second = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    assert second.event_id == first.event_id
    assert Event.objects.count() == 1


def registration(ann, at, **fields):
    return recording.Draft(
        name=MEMBER_REGISTERED,
        occurred_at=at,
        payload={},
        object_type="members.member",
        object_id=ann.pk,
        member_id=ann.pk,
        **fields,
    )


NOON = dt.datetime(2004, 3, 31, 12, tzinfo=dt.UTC)
LATER = [NOON + dt.timedelta(hours=1), NOON + dt.timedelta(days=40)]


@pytest.mark.parametrize("later", LATER, ids=["same month", "other month"])
def test_a_fact_is_stored_once_whatever_its_time(ann, later):
    recording.record_all([registration(ann, NOON)])
    recording.record_all([registration(ann, later)])
    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=later)

    assert event.occurred_at == NOON
    assert list(Event.objects.all()) == [event]


def test_record_all_keeps_the_first_of_drafts_of_one_fact(ann):
    recording.record_all([registration(ann, LATER[1]), registration(ann, NOON)])

    assert Event.objects.get().occurred_at == LATER[1]


def test_record_all_stores_events_in_the_given_order(ann):
    recording.record_all(registration(ann, NOON, key=str(number)) for number in range(20))

    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM event ORDER BY seq")
        in_order = [event_id for (event_id,) in cursor.fetchall()]
    assert in_order == [
        recording.derived_id(MEMBER_REGISTERED, "members.member", ann.pk, str(number)) for number in range(20)
    ]


@pytest.mark.parametrize("later", LATER, ids=["same month", "other month"])
def test_record_of_a_retracted_fact_at_another_time_reinstates_it(ann, later):
    recording.record_all([registration(ann, NOON)])
    recording.retract([Event.objects.get()], reason="a mistake")

    recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=later)

    event = Event.objects.get(name=MEMBER_REGISTERED)
    assert (event.occurred_at, event.retracted_at) == (NOON, None)


@pytest.mark.parametrize("later", LATER, ids=["same month", "other month"])
def test_a_purged_fact_can_be_recorded_again(ann, later):
    recording.record_all([registration(ann, NOON, source="import:x")])
    recording.purge(Q(source="import:x"))

    recording.record_all([registration(ann, later, source="import:x")])

    assert Event.objects.get().occurred_at == later


@pytest.mark.parametrize("later", LATER, ids=["same month", "other month"])
def test_a_fact_of_another_writer_is_not_recorded_again(ann, later):
    """During an upgrade, processes of the version before record events without claiming their ids."""
    partitions.ensure_months([NOON])
    registration(ann, NOON).as_event(NOON).save(force_insert=True)

    recording.record_all([registration(ann, later)])

    assert Event.objects.get().occurred_at == NOON


def test_purge_by_member_releases_the_ids(ann):
    recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    recording.purge(Q(member=ann))

    assert not RecordedId.objects.exists()


def test_recording_a_new_event_does_not_read_the_log(ann):
    recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="1", version=1)

    statements = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="2", version=2)

    assert [sql for sql in statements if 'FROM "event"' in sql] == []


@pytest.fixture
def both_months():
    """The partitions are there, so that two writers do not wait for each other's."""
    partitions.ensure_months([NOON, *LATER])


def write(ann, at, record_it):
    with transaction.atomic():
        if record_it:
            recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=at)
        else:
            recording.record_all([registration(ann, at)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("later", LATER, ids=["same month", "other month"])
@pytest.mark.parametrize("record_it", [True, False], ids=["record", "record_all"])
@pytest.mark.parametrize("first_commits", [True, False], ids=["commit", "rollback"])
def test_two_transactions_store_a_fact_once(both_months, later, record_it, first_commits):
    ann = Member.objects.create_user("ann@example.com", "ann")

    with transaction.atomic():
        recording.record_all([registration(ann, NOON)])
        other = in_thread(lambda: write(ann, later, record_it))
        eventually(backends_waiting_for_a_lock)
        transaction.set_rollback(not first_commits)
    other.join()

    assert Event.objects.get().occurred_at == (NOON if first_commits else later)


@pytest.mark.django_db(transaction=True)
def test_two_transactions_with_the_same_facts_do_not_deadlock(both_months):
    ann = Member.objects.create_user("ann@example.com", "ann")
    drafts = [registration(ann, NOON, key=str(number)) for number in range(3)]
    low, middle, high = sorted(drafts, key=lambda draft: draft.as_event(NOON).event_id)
    done = []

    def write_all(drafts):
        with transaction.atomic():
            recording.record_all(drafts)
        done.append(drafts)

    with transaction.atomic():
        recording.record_all([middle])
        others = [in_thread(lambda: write_all([low, middle, high]))]
        eventually(lambda: backends_waiting_for_a_lock() == 1)
        others.append(in_thread(lambda: write_all([high, middle, low])))
        eventually(lambda: backends_waiting_for_a_lock() == 2)
        transaction.set_rollback(True)
    for other in others:
        other.join()

    assert len(done) == 2
    assert Event.objects.count() == 3


def test_migration_keeps_the_first_of_events_stored_twice(ann):
    executor = MigrationExecutor(connection)
    executor.migrate([("events", "0003_owners_functions")])
    partitions.ensure_months([NOON, *LATER])
    for at in (LATER[1], NOON):
        registration(ann, at).as_event(timezone.now()).save(force_insert=True)

    executor.loader.build_graph()
    executor.migrate([("events", "0004_recorded_ids")])

    assert RecordedId.objects.get().occurred_at == LATER[1]
    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)
    assert event.occurred_at == LATER[1]


def test_record_distinguishes_facts_by_key(ann):
    recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="1", version=1)
    recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key="2", version=2)

    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    "payload",
    [{}, {"version": "three"}, {"version": 3, "mood": "good"}],
    ids=["missing", "wrong type", "undeclared"],
)
def test_record_refuses_an_undeclared_payload(ann, payload):
    with pytest.raises(ValueError, match=r"guidelines\.accepted"):
        recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, **payload)

    assert not Event.objects.exists()


def test_record_refuses_an_undeclared_name(ann):
    with pytest.raises(ValueError, match="no event called"):
        recording.record(EventName("tea.drunk"), actor=ann, subject=ann)


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused():
    ann = Member.objects.create_user("ann@example.com", "ann")

    with pytest.raises(transaction.TransactionManagementError):
        recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)


@pytest.mark.django_db(transaction=True)
def test_rolled_back_change_leaves_no_event():
    ann = Member.objects.create_user("ann@example.com", "ann")

    with pytest.raises(RuntimeError), transaction.atomic():
        recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)
        raise RuntimeError("the change failed")

    assert not Event.objects.exists()


def test_record_of_an_old_event_is_backfill(ann):
    long_ago = timezone.now() - dt.timedelta(days=3000)

    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=long_ago)

    assert event.backfill is True
    assert Event.objects.get().occurred_at == long_ago


def test_record_clamps_a_time_in_the_future(ann):
    tomorrow = timezone.now() + dt.timedelta(days=1)

    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=tomorrow)

    assert event.occurred_at < timezone.now() + dt.timedelta(minutes=6)


def test_retract_is_idempotent_and_recorded(ann):
    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    first = recording.retract([event], reason="a test account")
    second = recording.retract([event], reason="a test account")

    event.refresh_from_db()
    told = Event.objects.get(name=EVENT_RETRACTED)
    assert (first, second) == (1, 0)
    assert event.retracted_at is not None
    assert told.props["event_id"] == str(event.event_id)
    assert told.member == ann


def test_record_of_a_retracted_fact_reinstates_it(ann):
    event = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)
    recording.retract([event], reason="a mistake")

    recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    event.refresh_from_db()
    assert event.retracted_at is None
    assert Event.objects.filter(name=EVENT_REINSTATED).count() == 1


@pytest.mark.parametrize(
    "sql",
    ["UPDATE event SET name = 'other'", "UPDATE event SET props = '{\"a\": 1}'", "DELETE FROM event"],
)
def test_log_refuses_updates_and_deletes(ann, sql):
    recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert Event.objects.get().name == MEMBER_REGISTERED


def test_purge_deletes_one_source_and_keeps_the_log_append_only(ann):
    draft = recording.Draft(name=MEMBER_REGISTERED, occurred_at=timezone.now(), payload={}, source="import:x")
    recording.record_all([draft])
    kept = recording.record(MEMBER_REGISTERED, actor=ann, subject=ann)

    deleted = recording.purge(Q(source="import:x"))

    assert deleted == 1
    assert list(Event.objects.all()) == [kept]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


def test_every_month_has_a_partition_of_its_own(ann):
    recording.record(
        MEMBER_REGISTERED,
        actor=ann,
        subject=ann,
        occurred_at=dt.datetime(2014, 12, 31, 23, 59, tzinfo=dt.UTC),
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_2014_12")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("local", "partition"),
    [
        ("2004-03-31T23:30:00-05:00", "event_2004_04"),
        ("2004-03-31T23:30:00+00:00", "event_2004_03"),
        ("2004-04-01T00:30:00+00:00", "event_2004_04"),
        ("2004-04-01T00:30:00+05:45", "event_2004_03"),
        ("2004-12-31T12:00:00-12:00", "event_2005_01"),
        ("2005-01-01T13:59:59+14:00", "event_2004_12"),
        ("2004-02-29T19:00:00-05:00", "event_2004_03"),
    ],
)
def test_an_event_is_stored_in_its_month_in_utc(ann: Member, local: str, partition: str):
    at = dt.datetime.fromisoformat(local)

    recording.record(MEMBER_REGISTERED, actor=ann, subject=ann, occurred_at=at)

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM event")
        assert cursor.fetchone() == (partition,)
    assert Event.objects.get().occurred_at == at


def test_catalogue_names_are_noun_happened():
    malformed = [name for name in EVENT_TYPES if name.count(".") != 1 or name != name.lower()]

    assert malformed == []


def test_checked_payload_drops_missing_fields():
    assert checked_payload("page.viewed", {"url": "/pricing"}) == {"url": "/pricing"}
