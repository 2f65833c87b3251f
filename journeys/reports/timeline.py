"""One member's journey, for staff and for the member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from community.events.models import Event, EventQuerySet
from community.members.models import Member
from journeys.engine.rollup import NEUTRAL
from journeys.models import MemberState, Override, StageHistory
from journeys.services.shards import today

from .companions import Companion, companions


@dataclass(frozen=True)
class Band:
    """One period of the history: its row, its length, and the companions when it began."""

    row: StageHistory
    days: int
    share: float  # of the whole timeline, 0 to 1
    companions: Sequence[Companion]

    @property
    def is_open(self) -> bool:
        return self.row.exited_on is None


@dataclass(frozen=True)
class Timeline:
    """`bands` are ordered from first to current. `state` is None for members without events."""

    member: Member
    state: MemberState | None
    override: Override | None
    bands: Sequence[Band]
    superseded: int  # number of superseded rows


def timeline(member: Member) -> Timeline:
    """Return a member's journey. Eight queries for any length."""
    rows = list(member.stage_history.current().order_by("seq"))
    by_row = companions(member, [row for row in rows if row.is_move])
    now = today()
    total = max(1, (now - rows[0].effective_on).days) if rows else 1
    bands = []
    for row in rows:
        days = (_end(row, now) - row.effective_on).days
        bands.append(Band(row, days, days / total, by_row.get(row.pk, [])))
    return Timeline(
        member=member,
        state=MemberState.objects.filter(member=member).first(),
        override=Override.objects.live(now).filter(member=member).select_related("set_by").first(),
        bands=bands,
        superseded=member.stage_history.filter(superseded_at__isnull=False).count(),
    )


def events_of(member: Member) -> EventQuerySet:
    """Return the events of the member's journey, newest first, to be sliced."""
    return Event.objects.not_retracted().of_member(member.pk).exclude(name__in=NEUTRAL)


def _end(row: StageHistory, now: date) -> date:
    return row.exited_on or now
