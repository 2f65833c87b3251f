"""One member's journey, assembled for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from community.events.models import Event
from community.forum.models import Topic
from community.members.models import Member

from . import labels
from .charts import LifeLine, life_line
from .engine import activity
from .event_text import EventText, describe, describe_by_id, quote_once
from .models import MemberState, Override, StageHistory
from .reports.companions import Companion
from .reports.timeline import Band, timeline
from .reports.weeks import Weeks
from .services.rulesets import live_ruleset
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


@dataclass(frozen=True)
class Risk:
    """A risk signal, with the latest event behind it; none where it comes from the activity as a whole."""

    text: str
    evidence: EventText | None


# The kind of event that a signal comes from.
_BEHIND = {
    activity.DETRACTOR: "nps.answered",
    activity.PAYMENT: "payment.failed",
    activity.TICKET: "support.ticket_opened",
}


def risks_of(states: Iterable[MemberState], reader: Member) -> dict[int, list[Risk]]:
    """Return members' risk signals with their evidence, by member id. No query without any."""
    risks = {state.member_id: state.risks for state in states if state.risks}
    if not risks:
        return {}
    names = {_BEHIND[risk] for found in risks.values() for risk in found if risk in _BEHIND}
    severity = live_ruleset().rules["A1"]["severity"]
    events = (
        Event.objects.not_retracted()
        .filter(member_id__in=risks, name__in=names)
        .exclude(~Q(props__severity=severity), name=_BEHIND[activity.TICKET])
        .order_by("member_id", "name", "-occurred_at")
        .distinct("member_id", "name")
    )
    evidence = {(one.event.member_id, one.event.name): one for one in describe(events, reader)}
    return {
        member_id: [
            Risk(
                str((labels.RISKS_FOR_YOU if member_id == reader.pk else labels.RISKS).get(risk, risk)),
                evidence.get((member_id, _BEHIND.get(risk, ""))),
            )
            for risk in found
        ]
        for member_id, found in risks.items()
    }


def open_questions_of(states: Iterable[MemberState], reader: Member) -> dict[int, Topic]:
    """Return the oldest question without an answer of each of these members, by member id."""
    asked = Topic.objects.visible_to(reader).unanswered().filter(author__in=[s.member_id for s in states])
    oldest = asked.order_by("author", "created_at").distinct("author")
    return {topic.author_id: topic for topic in oldest.only("author", "title", "slug", "created_at")}


def quoting_once(story: Story, weeks: Weeks) -> tuple[Story, Weeks]:
    """Return both with the excerpt of each post only where it comes first on the page."""
    lists = [one.evidence for one in story.steps] + [week.events for week in weeks.shown]
    kept = iter(quote_once(lists))
    steps = [replace(one, evidence=next(kept)) for one in story.steps]
    return replace(story, steps=steps), replace(
        weeks, shown=[replace(week, events=next(kept)) for week in weeks.shown]
    )


def _companion(companion: Companion, *, own: bool) -> Companion | None:
    texts = labels.COMPANIONS_FOR_YOU if own else labels.COMPANIONS
    did = tuple((str(texts[what]), n) for what, n in companion.did if what in texts)
    return Companion(companion.member, did) if did else None
