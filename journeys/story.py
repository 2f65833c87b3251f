"""One member's journey, assembled for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from community.members.models import Member

from . import labels
from .charts import LifeLine, life_line
from .event_text import EventText, describe_by_id
from .models import MemberState, Override, StageHistory
from .reports.companions import Companion
from .reports.timeline import Band, timeline
from .services.shards import today


@dataclass(frozen=True)
class Step:
    """One period of the history, with the evidence that the reader may see."""

    band: Band
    evidence: Sequence[EventText]
    companions: Sequence[Companion]

    @property
    def row(self) -> StageHistory:
        return self.band.row

    @property
    def unseen(self) -> int:
        """The number of further events that the evidence does not list."""
        return max(0, self.row.evidence_n - len(self.evidence))


@dataclass(frozen=True)
class Story:
    """`steps` are ordered from current to first."""

    member: Member
    state: MemberState | None
    override: Override | None
    steps: Sequence[Step]
    line: LifeLine | None
    superseded: int


def story_of(member: Member, reader: Member) -> Story:
    """Return a member's journey for a reader; members do not see who voted for them."""
    found = timeline(member)
    own = reader.pk == member.pk
    ids: list[UUID] = [event_id for band in found.bands for event_id in band.row.evidence]
    described = describe_by_id(ids, of_member=member.pk, reader=reader)
    steps = [
        Step(
            band,
            [described[event_id] for event_id in band.row.evidence if event_id in described],
            [shown for one in band.companions if (shown := _companion(one, own=own))],
        )
        for band in reversed(found.bands)
    ]
    return Story(
        member=member,
        state=found.state,
        override=found.override,
        steps=steps,
        line=life_line(found.bands, member.pk, today()),
        superseded=found.superseded,
    )


def _companion(companion: Companion, *, own: bool) -> Companion | None:
    texts = labels.COMPANIONS_FOR_YOU if own else labels.COMPANIONS
    did = tuple((str(texts[what]), n) for what, n in companion.did if what in texts)
    return Companion(companion.member, did) if did else None
