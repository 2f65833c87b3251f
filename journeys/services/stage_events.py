"""Events about stage changes, for the rest of Caravan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time

from django.utils import timezone

from community.events.catalogue import STAGE_ENTERED, STAGE_SUPERSEDED, EventName
from community.events.services.recording import Draft, record_all
from journeys.models import StageHistory

from .storage import Changes

SUBJECT = "journeys.stagehistory"


def record_stage_events(changes: Changes, *, skip: Iterable[int] = ()) -> int:
    """Record an event for every stage entered and every stage superseded; return the number of events.

    A row that replaces one of the same stage and cycle records nothing: it only corrects the details of a
    change that was recorded before. A change dated more than two days back is recorded as backfill, so nobody
    is notified. Nothing is recorded for the members in `skip`.
    """
    skipped = set(skip)
    recorded = {old.position for old in changes.superseded}
    added = {(row.member_id, row.cycle, row.stage) for row in changes.added}
    entered = [
        _entered(row)
        for row in changes.added
        if row.is_move
        and (row.member_id, row.cycle, row.stage) not in recorded
        and row.member_id not in skipped
    ]
    superseded = [
        _superseded(old.id, old.member_id, old.content[1])
        for old in changes.superseded
        if old.content[0] != old.content[1] and old.position not in added and old.member_id not in skipped
    ]
    return record_all(entered + superseded)


def _entered(row: StageHistory) -> Draft:
    payload = {
        "stage": row.stage,
        "sub_stage": row.sub_stage,
        "rule": row.rule,
        "ruleset": row.ruleset,
        "history_id": row.pk,
        "effective_on": row.effective_on.isoformat(),
    }
    if row.prev:
        payload["previous"] = row.prev
    end_of_day = datetime.combine(row.effective_on, time(23, 59, 59), UTC)
    return _draft(STAGE_ENTERED, row.pk, row.member_id, min(end_of_day, timezone.now()), payload)


def _superseded(history_id: int, member_id: int, stage: str) -> Draft:
    payload = {"history_id": history_id, "stage": stage}
    return _draft(STAGE_SUPERSEDED, history_id, member_id, timezone.now(), payload)


def _draft(name: EventName, pk: int, member_id: int, at: datetime, payload: dict[str, object]) -> Draft:
    return Draft(
        name=name, occurred_at=at, payload=payload, object_type=SUBJECT, object_id=pk, member_id=member_id
    )
