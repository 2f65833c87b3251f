"""Writing what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from advocacy.engine.arithmetic import as_text
from advocacy.engine.search import band_of
from advocacy.engine.spans import band_since
from advocacy.models import Band, Score, ScoreHistory
from community.events.catalogue import SCORE_BAND_CHANGED
from community.events.services import Draft, record_all
from community.members.models import Member
from journeys.hooks import Standings

from .scoring import Known, columns_of, stored_columns

_COLUMNS = ["score", "band", "explanation", "next_due", "as_of", "best", "best_on"]


class Change(NamedTuple):
    row: Score
    previous: str  # band


@transaction.atomic
def store(standings: Standings, members: Sequence[int], as_of: date) -> None:
    """Make the scores of exactly these members what the standings say; write nothing where nothing differs.

    A changed band is recorded as an event of the day on which it changed, so one that changed long ago, as
    after an import, is known for old news.
    """
    stored = {row.pk: row for row in Score.objects.select_for_update().filter(pk__in=members)}
    changes, gone, past = [], [], []
    for member_id in members:
        row = stored.get(member_id)
        known: Known | None = standings[member_id].detail if member_id in standings else None
        wanted = columns_of(known.scored) if known else None
        if known is None or wanted is None:
            gone += [row] if row else []
        elif row is None:
            new, before = _first(known, wanted, as_of)
            changes.append(Change(new, Band.NONE))
            past += before
        elif stored_columns(row) != wanted:
            changes.append(Change(_next(row, wanted, as_of), row.band))
    ScoreHistory.objects.bulk_create(past)
    Score.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Score.objects.bulk_create(
        [change.row for change in changes],
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=_COLUMNS,
    )
    faded = [Change(_nothing(row, as_of), row.band) for row in gone]
    _write_history([change.row for change in [*changes, *faded]])
    _tell_bands(
        [change for change in [*changes, *faded] if change.row.band != change.previous], standings, as_of
    )


def _first(known: Known, wanted: Mapping[str, Any], as_of: date) -> tuple[Score, list[ScoreHistory]]:
    """Return a member's first row, and what the score was before somebody looked at it, as after an import."""
    past = known.past(as_of)
    best = Decimal(past.best).scaleb(-2)
    row = Score(member_id=known.member_id, as_of=as_of, best=best, best_on=past.best_on, **wanted)
    before = [
        ScoreHistory(
            member_id=known.member_id,
            on_date=day,
            score=Decimal(points.hundredths).scaleb(-2),
            band=band_of(points.hundredths),
            components=as_text(points.components),
        )
        for day, points in past.changes
        if day < as_of
    ]
    return row, before


def _next(row: Score, wanted: Mapping[str, Any], as_of: date) -> Score:
    new = Score(member_id=row.pk, as_of=as_of, best=row.best, best_on=row.best_on, **wanted)
    if new.score > row.best:
        new.best, new.best_on = new.score, as_of
    return new


def _nothing(row: Score, as_of: date) -> Score:
    """Return what stands for the score of a member who has none any more."""
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
    """Keep the scores that changed their band or by a point since they were last kept."""
    ids = [row.pk for row in rows]
    kept = {
        last.member_id: last
        for last in ScoreHistory.objects.filter(member__in=ids)
        .order_by("member", "-on_date", "-pk")
        .distinct("member")
    }
    ScoreHistory.objects.bulk_create(
        ScoreHistory(
            member_id=row.pk, on_date=row.as_of, score=row.score, band=row.band, components=row.points
        )
        for row in rows
        if _is_worth_keeping(row, kept.get(row.pk))
    )


def _is_worth_keeping(row: Score, last: ScoreHistory | None) -> bool:
    before, band = (last.score, last.band) if last else (Decimal(0), Band.NONE.value)
    return row.band != band or abs(row.score - before) >= 1


def _tell_bands(changes: Iterable[Change], standings: Standings, as_of: date) -> None:
    """Record the changed bands, but not that somebody who became staff has none."""
    by_member = {change.row.pk: change for change in changes}
    members = Member.objects.exclude_team().in_bulk(by_member) if by_member else {}
    record_all(_draft(by_member[pk], member, standings, as_of) for pk, member in sorted(members.items()))


def _draft(change: Change, member: Member, standings: Standings, as_of: date) -> Draft:
    known: Known | None = standings[member.pk].detail if member.pk in standings else None
    since = as_of
    if known is not None:
        since = band_since(known.facts, as_of, member_id=member.pk, peers=known.peers)
    return Draft(
        name=SCORE_BAND_CHANGED,
        occurred_at=datetime.combine(since, time.min, UTC),
        payload={"band": change.row.band, "previous": change.previous, "score": str(change.row.score)},
        object_type="members.member",
        object_id=member.pk,
        member_id=member.pk,
        company_id=member.company_id,
        # A band may be left and reached again; it is told once a day at most.
        key=f"{since}:{change.previous}:{change.row.band}:{as_of}",
    )
