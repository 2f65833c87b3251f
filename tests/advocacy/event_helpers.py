"""Record members' events and drain them into scores."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from django.db import models

from advocacy.models import Score
from community.events.catalogue import EventName
from community.events.models import Event
from community.events.services.recording import Draft, record_all, retract
from community.members.models import Member
from journeys.services import replay

from .acts import TODAY

_serial = count(1)


def happened(
    member: Member,
    kind: str,
    n: int = 1,
    *,
    ago: int = 0,
    by: Member | None = None,
    cents: int | None = None,
    about: models.Model | None = None,
    **payload,
) -> None:
    """Record `n` events of the member; `by` is the counterpart."""
    moment = datetime.combine(TODAY - timedelta(days=ago), time(9), UTC)
    payload = {**_LEAST.get(kind, {}), **payload}
    record_all(
        Draft(
            name=EventName(kind),
            occurred_at=moment,
            payload=payload,
            member_id=member.pk,
            object_type=about._meta.label_lower if about else "",
            object_id=about.pk if about else None,
            counterpart_id=by.pk if by else None,
            value_cents=cents,
            currency="EUR" if cents else "",
            key=str(next(_serial)),
        )
        for _ in range(n)
    )


_LEAST = {
    "reply.created": {"words": 9, "is_answer": True, "topic_id": 1},
    "answer.accepted": {"minutes": 5, "topic_id": 1},
    "helpful_vote.received": {"topic_id": 1},
    "topic.created": {"title": "A topic", "category": "talk", "kind": "discussion"},
    "review.verified": {"site": "reviews.example"},
    "nps.answered": {"score": 9},
    "article.published": {"title": "An article"},
    "strike.upheld": {"severity": 1, "kind": "spam"},
}


def drained(on: date = TODAY) -> int:
    """Recompute all members as of a day; return the number of rows written."""
    return replay.replay_everyone(as_of=on).rows


def taken_back(member: Member, kind: str) -> None:
    retract(list(Event.objects.filter(member=member, name=kind)), reason="a test")


def make_advocate(member: Member, *, ago: int = 0) -> None:
    """Record acts for a score between 50 and 60."""
    happened(member, "answer.accepted", 5, ago=ago)
    happened(member, "referral.qualified", 2, ago=ago)
    happened(member, "review.verified", ago=ago)
    happened(member, "reference.completed", ago=ago)


def score_of(member: Member) -> Score:
    return Score.objects.get(member=member)
