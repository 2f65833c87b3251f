"""Inserting many rows with one statement."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from advocacy.models import Score, ScoreHistory
from community.core import bulk
from community.events.models import Event
from community.events.services.partitions import ensure_months
from journeys.models import StageHistory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def history(member, seq, **values):
    return StageHistory(
        member=member,
        seq=seq,
        stage="engagement",
        sub_stage="exploring",
        facets=["adoption", "retention"],
        cycle=1,
        effective_on=date(2026, 3, seq),
        rule="R1",
        ruleset=1,
        evidence=[uuid.UUID(int=seq), uuid.UUID(int=7)],
        evidence_n=2,
        facts={"points": 20.5, "what": ["a", None]},
        sentence='Said "yes", {it} went \\ well: ё, 漏水.\n',
        **values,
    )


def test_rows_are_as_bulk_create_would_write_them(django_assert_num_queries):
    member = MemberFactory()
    rows = [history(member, seq, exited_on=date(2026, 4, 1) if seq == 1 else None) for seq in (1, 2)]

    with django_assert_num_queries(1):
        keys = bulk.insert(rows, returning=("member", "seq", "id"))

    assert [key[:2] for key in keys] == [(member.pk, 1), (member.pk, 2)]
    for row, (_, _, pk) in zip(rows, keys, strict=True):
        stored = StageHistory.objects.get(pk=pk)
        for field in StageHistory._meta.concrete_fields:
            if field.name not in ("id", "recorded_at"):
                assert getattr(stored, field.attname) == getattr(row, field.attname), field.name
        assert stored.recorded_at is not None


def test_existing_rows_are_updated_or_left():
    member, other = MemberFactory(), MemberFactory()
    day = date(2026, 3, 1)
    old = {"band": "none", "explanation": {}, "as_of": day, "best": 1, "best_on": day}
    Score.objects.create(member=member, score=Decimal("1.25"), **old)
    new = [
        Score(member=who, score=Decimal("9.50"), next_due=day, **{**old, "best": 9})
        for who in (member, other)
    ]

    bulk.insert(new, update=["score", "next_due"])

    assert list(Score.objects.order_by("pk").values_list("score", "next_due", "best")) == [
        (Decimal("9.50"), day, 1),
        (Decimal("9.50"), day, 9),
    ]


def test_conflicts_can_be_ignored():
    at = datetime(2026, 3, 1, 12, 30, 1, 250, tzinfo=UTC)
    ensure_months([at])
    rows = [
        Event(
            event_id=uuid.UUID(int=number),
            occurred_at=at,
            received_at=at,
            name="topic.viewed",
            actor_role="member",
        )
        for number in (1, 2)
    ]
    bulk.insert(rows[:1])

    bulk.insert(rows, ignore_conflicts=True)

    assert set(Event.objects.values_list("event_id", "occurred_at")) == {(row.event_id, at) for row in rows}


def test_more_rows_than_a_batch(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 3)
    member = MemberFactory()
    rows = [
        ScoreHistory(member=member, on_date=date(2026, 3, 1 + n), score=n, band="none", components={})
        for n in range(7)
    ]

    keys = bulk.insert(rows, returning=("on_date",))

    assert [day.day for (day,) in keys] == [1, 2, 3, 4, 5, 6, 7]
    assert bulk.insert([]) == []
