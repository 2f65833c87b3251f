"""Prepared statements: what they return, and how PostgreSQL keeps them."""

import contextlib
import uuid
from datetime import UTC, datetime

import pytest
from django.db import DataError, connection, transaction
from django.db.models import F
from psycopg.types.numeric import Int8

from community.api.models import QuarantinedEvent
from community.core import prepared
from community.core.prepared import LARGEST, Prepared, compiled_at_start
from community.forum.models import Topic
from community.members.models import Member
from tests.factories.forum import MemberFactory, TopicFactory

pytestmark = pytest.mark.django_db


def kept_statement(part: str) -> str:
    """Return the one statement of this connection that PostgreSQL keeps and that contains `part`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT statement FROM pg_prepared_statements")
        (found,) = [statement for (statement,) in cursor.fetchall() if part in statement]
    return found


def test_rows_have_their_related_rows_and_annotations(django_assert_num_queries):
    topic, _ = TopicFactory(view_count=3), TopicFactory()
    statement = Prepared(
        lambda topic_id: (
            Topic.objects.filter(pk=topic_id).select_related("author").annotate(twice=F("view_count") * 2)
        )
    )

    with django_assert_num_queries(1):
        (found,) = statement(topic_id=topic.pk)
        assert (found, found.title, found.author, found.twice) == (topic, topic.title, topic.author, 6)


def test_deferred_fields_are_loaded_when_they_are_read():
    topic = TopicFactory(excerpt="Which one?")
    statement = Prepared(lambda topic_id: Topic.objects.filter(pk=topic_id).defer("excerpt"))

    found = statement.first(topic_id=topic.pk)

    assert found.get_deferred_fields() == {"excerpt"}
    assert found.excerpt == "Which one?"


def test_instances_can_be_changed_and_saved():
    topic = TopicFactory()
    found = Prepared(lambda topic_id: Topic.objects.filter(pk=topic_id)).first(topic_id=topic.pk)

    found.title = "Grinders"
    found.save()

    assert Topic.objects.get(pk=topic.pk).title == "Grinders"


def test_first_is_none_without_rows():
    assert Prepared(lambda member_id: Member.objects.filter(pk=member_id)).first(member_id=0) is None


def test_ids_that_no_column_can_hold_find_nothing():
    statement = Prepared(lambda member_id: Member.objects.filter(pk=member_id))

    assert statement(member_id=LARGEST + 1) == []


def test_lists_of_any_length_are_one_statement():
    topics = TopicFactory.create_batch(3)
    statement = Prepared(
        lambda topic_ids: Topic.objects.filter(pk__any_of=topic_ids).order_by("pk").values_list("pk", "kind")
    )

    for ids in ([], [topics[0].pk], [topic.pk for topic in topics]):
        assert [pk for pk, _ in statement(topic_ids=ids)] == ids

    assert "= ANY($1)" in kept_statement('"forum_topic"."kind" AS "kind" FROM')


def test_arguments_may_be_texts_and_times():
    member = MemberFactory(username="ines")

    def build(name: str, now: datetime):
        return Member.objects.filter(username=name, joined_at__lt=now)

    statement = Prepared(build)

    assert statement(name="ines", now=datetime(2100, 1, 1, tzinfo=UTC)) == [member]
    assert statement(name="ines", now=datetime(2000, 1, 1, tzinfo=UTC)) == []
    assert statement(name="'; --", now=datetime(2100, 1, 1, tzinfo=UTC)) == []


def test_arguments_may_be_uuids():
    row = QuarantinedEvent.objects.create(event_id=uuid.uuid4(), why="conflict", source="crm", item={})

    def build(event_id: uuid.UUID):
        return QuarantinedEvent.objects.filter(event_id=event_id)

    statement = Prepared(build)

    assert statement(event_id=row.event_id) == [row]
    assert statement(event_id=uuid.uuid4()) == []


def test_constants_are_literals_so_that_a_kept_plan_can_use_partial_indexes():
    statement = Prepared(
        lambda topic_id: Topic.objects.filter(
            pk=topic_id, title="100 % 'sure' %s", status=Topic.Status.PUBLISHED
        )
    )
    topic = TopicFactory(title="100 % 'sure' %s")

    assert statement(topic_id=topic.pk) == [topic]
    assert "\"status\" = 'published'" in kept_statement("\"title\" = '100 % ''sure'' %s'")


def test_limit_and_offset():
    topics = TopicFactory.create_batch(5)
    statement = Prepared(
        lambda member_id: Topic.objects.exclude(author=member_id).order_by("pk").values_list("pk"), limit=2
    )

    pages = [statement(member_id=0, offset=offset) for offset in (0, 2, 4, 6)]

    assert [[pk for (pk,) in page] for page in pages] == [
        [topic.pk for topic in topics[start : start + 2]] for start in (0, 2, 4, 6)
    ]
    assert kept_statement("LIMIT 2 OFFSET $2")


def test_statement_that_does_not_keep_its_plan_is_not_prepared():
    Prepared(lambda member_id: Member.objects.filter(pk=member_id).only("pk"), keeps_plan=False)(member_id=1)

    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE \'%%"id" FROM "members_member"%%\''
        )
        assert cursor.fetchone() == (0,)


def test_cursor_takes_positions_and_names():
    with prepared.cursor() as cursor:
        cursor.execute("SELECT %s::int - %s::int, '100 %%'", [5, 3])
        assert cursor.fetchone() == (2, "100 %")
        cursor.execute("SELECT %(a)s::int - %(b)s::int + %(a)s::int", {"b": 3, "a": 5})
        assert cursor.fetchone() == (7,)


def test_fetch_calls_a_kept_statement_directly(monkeypatch):
    select = "SELECT %s::bigint + 1, NULL, '[1]'::jsonb"
    first = prepared.fetch(select, [Int8(1)])

    monkeypatch.setattr(prepared, "cursor", None)

    assert prepared.fetch(select, [Int8(2)]) == [(3, None, "[1]")]
    assert first == [(2, None, "[1]")]


@pytest.mark.django_db(transaction=True)
def test_fetch_begins_a_transaction_with_a_kept_statement(monkeypatch):
    number = "SELECT pg_current_xact_id()::text"
    before = prepared.fetch(number)

    monkeypatch.setattr(prepared, "cursor", None)
    with transaction.atomic():
        found = [prepared.fetch(number), prepared.fetch(number)]

    assert found[0] == found[1] != before
    assert prepared.fetch(number) != found[0]


def test_fetch_calls_a_kept_statement_through_the_wrappers(monkeypatch):
    called = []

    def note(execute, sql, params, many, context):
        called.append((sql, params, many, context["connection"].alias))
        return execute(sql, params, many, context)

    prepared.fetch("SELECT %s::bigint", [1])
    monkeypatch.setattr(prepared, "cursor", None)
    with connection.execute_wrapper(note), connection.execute_wrapper(note):
        found = prepared.fetch("SELECT %s::bigint", [1])

    assert found == [(1,)]
    assert called == [("SELECT %s::bigint", [1], False, "default")] * 2


def test_fetch_prepares_again_after_a_rollback():
    for number in range(3):
        with pytest.raises(RuntimeError), transaction.atomic():
            assert prepared.fetch("SELECT %(n)s::bigint", {"n": Int8(number)}) == [(number,)]
            raise RuntimeError


def test_fetch_raises_the_errors_of_django():
    for divisor in (1, 0):
        with contextlib.ExitStack() as stack:
            if not divisor:
                stack.enter_context(pytest.raises(DataError))
            with transaction.atomic():
                assert prepared.fetch("SELECT 1 / %s::bigint", [Int8(divisor)]) == [(1,)]


def test_fetch_returns_nothing_for_a_statement_without_rows():
    for _ in range(2):
        assert prepared.fetch("SET LOCAL enable_sort = off") == []


@pytest.mark.parametrize("ids", [(), (7,), (2**63 - 1, -(2**63), 0)])
def test_ids_are_a_list_of_numbers(ids):
    assert prepared.fetch("SELECT %s", [prepared.Ids(ids)]) == [(list(ids),)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[]", [prepared.Ids(ids)])
        assert cursor.fetchall() == [(list(ids),)]


def test_statements_are_compiled_at_start_without_queries(django_assert_num_queries):
    @compiled_at_start(("visitor", "member"), (3, 7))
    def statement(kind: str, limit: int) -> Prepared[Topic]:
        return Prepared(lambda topic_id: Topic.objects.filter(pk=topic_id), limit=limit)

    with django_assert_num_queries(0):
        prepared.compile_statements()

    compiled = [statement(kind, limit) for kind in ("visitor", "member") for limit in (3, 7)]
    assert all("_statement" in vars(one) for one in compiled)
    assert len(set(map(id, compiled))) == 4


@pytest.mark.django_db(transaction=True)
def test_pages_compile_nothing_after_the_start(client, monkeypatch):
    topic = TopicFactory()
    client.force_login(MemberFactory())
    client.get("/latest/")  # loads all pages; those of lists that depend on filters are compiled when needed
    prepared.compile_statements()
    monkeypatch.setattr(prepared, "_reader", lambda *_: pytest.fail("A statement was compiled."))

    pages = [client.get(path) for path in (topic.get_absolute_url(), "/", "/latest/")]

    assert [response.status_code for response in pages] == [200] * 3
