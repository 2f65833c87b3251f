"""The data of the engine's bench, and its table."""

import json

import pytest
from django.db import connection

from bench import engine_data, report
from bench.engine import EngineRow
from community.events.catalogue import checked_payload
from community.events.models import Event, RecordedId
from community.members.models import Member

pytestmark = pytest.mark.django_db


def test_events_are_valid_and_in_the_order_of_the_log():
    engine_data.fill(engine_data.Size(members=40, events=2_000))

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, props, occurred_at FROM event ORDER BY epoch, xid, seq")
        rows = cursor.fetchall()
    assert len(rows) == Event.objects.count() == RecordedId.objects.count() == 2_000
    for name, payload, _ in rows:
        checked_payload(name, json.loads(payload))
    days = [at.date() for _, _, at in rows]
    assert days == sorted(days)
    assert {"reply.created", "purchase.completed", "nps.answered"} <= {name for name, _, _ in rows}


def test_the_most_active_members_cause_most_events():
    engine_data.fill(engine_data.Size(members=400, events=4_000))

    counts = [Event.objects.filter(member_id=member.pk).count() for member in Member.objects.all()]
    most = sorted(counts, reverse=True)
    assert sum(most[:80]) > 0.4 * sum(counts)


def test_the_table_says_which_bars_are_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "MARKDOWN", tmp_path / "latest.md")
    report.MARKDOWN.write_text("Pages.\n")
    rows = [
        EngineRow("drained", 6_999.4, "per CPU second", 7_000),
        EngineRow("one day", 2.5, "ms", 3, is_most=True),
    ]

    report.keep_engine(rows, members=1, events=2, whole=True)
    report.keep_engine(rows, members=1, events=2, whole=True)

    pages, _, engine = report.MARKDOWN.read_text().partition(report.ENGINE)
    assert pages == "Pages.\n"
    assert "| drained | 6,999 per CPU second | ≥ 7,000 (missed) |" in engine
    assert "| one day | 2.50 ms | ≤ 3 |" in engine
    assert report.ENGINE not in engine
