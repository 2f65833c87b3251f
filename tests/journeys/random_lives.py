"""Record random events for many members."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from community.events.catalogue import EventName
from community.events.services import recording
from community.members.models import Member

from .journey_fixtures import moment

NAMES = (
    "visit.day",
    "pricing.viewed",
    "member.registered",
    "reply.created",
    "question.asked",
    "answer.accepted",
    "helpful_vote.received",
    "demo.requested",
    "onboarding.completed",
    "purchase.completed",
    "purchase.refunded",
    "subscription.started",
    "subscription.upgraded",
    "subscription.lapsed",
    "subscription.cancelled",
    "nps.answered",
    "payment.failed",
    "review.verified",
    "article.published",
    "prospect.peer_replied",
)
PAYLOADS = {
    "reply.created": {"words": 9, "is_answer": True, "topic_id": 1},
    "question.asked": {"title": "Why?", "category": "help"},
    "article.published": {"title": "How"},
    "answer.accepted": {"topic_id": 1, "minutes": 9},
    "helpful_vote.received": {"topic_id": 1},
    "purchase.refunded": {"external_id": "a", "full": True},
    "purchase.completed": {"external_id": "a"},
    "nps.answered": {"score": 3},
    "review.verified": {"site": "example.com"},
}
MINUTES = (0, 5, 690, 720, 1380, 1410, 1439)  # of the day, its ends included
WITH_ANOTHER = ("answer.accepted", "helpful_vote.received", "prospect.peer_replied")


def draft_of(dice: random.Random, members: Sequence[Member], latest: int) -> recording.Draft:
    name = dice.choice(NAMES)
    member = dice.choice(members)
    payload = PAYLOADS.get(name, {})
    if name.startswith(("subscription", "payment")):
        payload = {"external_id": dice.choice(["a", "b"])}
    if name == "prospect.peer_replied":
        payload = {"role": dice.choice(["replier", "asker"])}
    return recording.Draft(
        name=EventName(name),
        occurred_at=moment(dice.randint(1, latest), 0) + timedelta(minutes=dice.choice(MINUTES)),
        payload=payload,
        object_type="test.thing",
        member_id=member.pk,
        actor_id=member.pk,
        counterpart_id=dice.choice(members).pk if name in WITH_ANOTHER else None,
        value_cents=4900 if "purchase" in name or name == "subscription.started" else None,
        currency="EUR",
        event_id=UUID(int=dice.getrandbits(128)),
    )


def add_random_events(dice: random.Random, members: Sequence[Member], n: int, *, latest: int = 700) -> None:
    """Record `n` events of the last `latest` days."""
    recording.record_all([draft_of(dice, members, latest) for _ in range(n)])
