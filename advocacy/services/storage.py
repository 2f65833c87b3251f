"""Store scores: only the differences from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from advocacy.engine.arithmetic import as_text
from advocacy.engine.search import band_of
from advocacy.models import Band, Score, ScoreHistory
from community.core import bulk
from community.core.prepared import Prepared
from community.events.catalogue import SCORE_BAND_CHANGED
from community.events.services.recording import Draft, record_all
from community.members.models import Member
from journeys.hooks import AdvocacyResults

from .scores import MemberScore, columns_of, stored_columns

_COLUMNS = ["score", "band", "explanation", "next_due", "as_of", "best", "best_on"]

_SCORES = Prepared[Score](lambda ids: Score.objects.filter(pk__any_of=ids))
_LAST = Prepared[ScoreHistory](
    lambda ids: (
        ScoreHistory.objects.filter(member__any_of=ids)
        .order_by("member", "-on_date", "-pk")
        .distinct("member")
    )
)


class Change(NamedTuple):
    row: Score
    previous: str  # band


@transaction.atomic(savepoint=False)
def store(
    results: AdvocacyResults, members: Sequence[int], as_of: date, *, record_events: bool = True
) -> None:
    """Upsert the scores of exactly these members, and delete those without a result. Writes only differences.

    A band change is recorded as an event on the day it happened, so one from long ago, as after an import, is
    recorded as backfill. Without `record_events`, no events are recorded.
    """
    stored = {row.pk: row for row in _SCORES(ids=members)}
    changes, gone, past = [], [], []
    for member_id in members:
        row = stored.get(member_id)
        computed: MemberScore | None = results[member_id].detail if member_id in results else None
        wanted = columns_of(computed.scored) if computed else None
        if computed is None or wanted is None:
            gone += [row] if row else []
        elif row is None:
            new, before = _new_score(computed, wanted, as_of)
            changes.append(Change(new, Band.NONE))
            past += before
        elif stored_columns(row) != wanted:
            changes.append(Change(_updated_score(row, wanted, as_of), row.band))
    bulk.insert(past)
    if gone:
        Score.objects.filter(pk__in=[row.pk for row in gone]).delete()
    bulk.insert([change.row for change in changes], update=_COLUMNS)
    faded = [Change(_zero_score(row, as_of), row.band) for row in gone]
    _write_history([change.row for change in [*changes, *faded]])
    if record_events:
        new_band = [change for change in [*changes, *faded] if change.row.band != change.previous]
        _record_band_changes(new_band, results, as_of)


def _new_score(
    computed: MemberScore, wanted: Mapping[str, Any], as_of: date
) -> tuple[Score, list[ScoreHistory]]:
    """Return a member's first row, and the history before it was first computed, as after an import."""
    past = computed.past
    best = Decimal(past.best).scaleb(-2)
    row = Score(member_id=computed.member_id, as_of=as_of, best=best, best_on=past.best_on, **wanted)
    before = [
        ScoreHistory(
            member_id=computed.member_id,
            on_date=day,
            score=Decimal(points.hundredths).scaleb(-2),
            band=band_of(points.hundredths),
            components=as_text(points.components),
        )
        for day, points in past.changes
        if day < as_of
    ]
    return row, before


def _updated_score(row: Score, wanted: Mapping[str, Any], as_of: date) -> Score:
    new = Score(member_id=row.pk, as_of=as_of, best=row.best, best_on=row.best_on, **wanted)
    if new.score > row.best:
        new.best, new.best_on = new.score, as_of
    return new


def _zero_score(row: Score, as_of: date) -> Score:
    """Return a zero score for a member who no longer has one."""
    return Score(
        member_id=row.pk,
        score=Decimal(0),
        band=Band.NONE,
        explanation={"components": {}},
        as_of=as_of,
        best=row.best,
        best_on=row.best_on,
    )


def _write_history(rows: Sequence[Score]) -> None:
    """Add the scores to the history that changed their band, or by a point, since the last entry."""
    kept = {last.member_id: last for last in _LAST(ids=[row.pk for row in rows])} if rows else {}
    bulk.insert(
        [
            ScoreHistory(
                member_id=row.pk, on_date=row.as_of, score=row.score, band=row.band, components=row.points
            )
            for row in rows
            if _is_significant(row, kept.get(row.pk))
        ]
    )


def _is_significant(row: Score, last: ScoreHistory | None) -> bool:
    before, band = (last.score, last.band) if last else (Decimal(0), Band.NONE.value)
    return row.band != band or abs(row.score - before) >= 1


def _record_band_changes(changes: Iterable[Change], results: AdvocacyResults, as_of: date) -> None:
    """Record an event per changed band, except for members who became staff."""
    by_member = {change.row.pk: change for change in changes}
    members = Member.objects.exclude_team().in_bulk(by_member) if by_member else {}
    record_all(_draft(by_member[pk], member, results, as_of) for pk, member in sorted(members.items()))


def _draft(change: Change, member: Member, results: AdvocacyResults, as_of: date) -> Draft:
    computed: MemberScore | None = results[member.pk].detail if member.pk in results else None
    since = as_of
    if computed is not None:
        since = computed.past.band_since
    return Draft(
        name=SCORE_BAND_CHANGED,
        occurred_at=datetime.combine(since, time.min, UTC),
        payload={"band": change.row.band, "previous": change.previous, "score": str(change.row.score)},
        object_type="members.member",
        object_id=member.pk,
        member_id=member.pk,
        company_id=member.company_id,
        # A band can be left and reached again; the same change is recorded at most once a day.
        key=f"{since}:{change.previous}:{change.row.band}:{as_of}",
    )
