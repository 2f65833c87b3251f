"""Writing what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from advocacy.engine.spans import band_since
from advocacy.models import Band, Score, ScoreHistory
from community.events.catalogue import SCORE_BAND_CHANGED
from community.events.services import Draft, record_all
from community.members.models import Member
from journeys.hooks import Standings

from .scoring import Known, columns_of, stored_columns

_COLUMNS = ["score", "band", "explanation", "next_due", "as_of"]


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
    changes, gone = [], []
    for member_id in members:
        row = stored.get(member_id)
        standing = standings.get(member_id)
        wanted = columns_of(standing.detail.scored) if standing else None
        if wanted is None:
            gone += [row] if row else []
        elif row is None or stored_columns(row) != wanted:
            new = Score(member_id=member_id, as_of=as_of, **wanted)
            changes.append(Change(new, row.band if row else Band.NONE))
    Score.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Score.objects.bulk_create(
        [change.row for change in changes],
        update_conflicts=True, unique_fields=["member"], update_fields=_COLUMNS,
    )  # fmt: skip
    faded = [Change(_nothing(row, as_of), row.band) for row in gone]
    _write_history([change.row for change in [*changes, *faded]])
    _tell_bands(
        [change for change in [*changes, *faded] if change.row.band != change.previous], standings, as_of
    )


def _nothing(row: Score, as_of: date) -> Score:
    """Return what stands for the score of a member who has none any more."""
    return Score(
        member_id=row.pk, score=Decimal(0), band=Band.NONE, explanation={"components": {}}, as_of=as_of
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
    members = Member.objects.filter(role="").in_bulk(by_member) if by_member else {}
    record_all(
        _draft(by_member[pk], member, standings, as_of) for pk, member in sorted(members.items())
    )  # fmt: skip


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
