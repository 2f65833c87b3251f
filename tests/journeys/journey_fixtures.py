"""Record members' events and drain them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

from django.db import models

from community.events.catalogue import EventName
from community.events.models import Event
from community.events.services import recording
from community.members.models import Member
from journeys.services import dirty, shards


def moment(days_ago: int, hour: int = 12) -> datetime:
    """Return an hour of the UTC day that many days ago."""
    return datetime.combine(shards.today() - timedelta(days=days_ago), time(hour), UTC)


def happened(
    member: Member,
    name: str,
    days_ago: int,
    *,
    hour: int = 12,
    cents: int | None = None,
    counterpart: Member | None = None,
    about: models.Model | None = None,
    **payload,
) -> Event:
    """Record an event of the member; every call records a new one."""
    draft = recording.Draft(
        name=EventName(name),
        occurred_at=moment(days_ago, hour),
        payload=payload,
        object_type=about._meta.label_lower if about else "test.thing",
        object_id=about.pk if about else 1,
        member_id=member.pk,
        actor_id=member.pk,
        counterpart_id=counterpart.pk if counterpart else None,
        value_cents=cents,
        currency="EUR" if cents else "",
        event_id=uuid4(),
    )
    recording.record_all([draft])
    return Event.objects.get(event_id=draft.event_id)


def replied(member: Member, days_ago: int, **options) -> Event:
    return happened(member, "reply.created", days_ago, words=10, is_answer=False, topic_id=1, **options)


def bought(member: Member, days_ago: int, ref: str = "order-1", cents: int = 4900, **options) -> Event:
    return happened(member, "purchase.completed", days_ago, cents=cents, external_id=ref, **options)


def drained(*members: Member) -> int:
    """Mark the events, of these members or all, and drain all shards; return the number of rows written.

    Marks directly instead of running the follower, because a test in a transaction has no committed log.
    """
    of_members = Event.objects.filter(member__in=members) if members else Event.objects.all()
    dirty.mark_events(of_members)
    return drain_all()


def drain_all() -> int:
    rows = 0
    while waiting := shards.waiting_shards():
        done = [shards.drain(shard) for shard in waiting]
        rows += sum(one.rollup + one.rows for one in done)
    return rows


def positions(member: Member) -> list[str]:
    rows: Iterable = member.stage_history.current().order_by("seq")
    return [f"{row.stage}.{row.sub_stage}" for row in rows]
