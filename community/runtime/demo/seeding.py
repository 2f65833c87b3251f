"""Create the demo community, and run the followers and the engine on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from community.badges.services.awards import award_earned
from community.events.registry import all_followers
from community.events.services import cursors, partitions
from community.forum.models import Topic
from community.forum.services import hot_scores
from journeys.services import shards

from .people import Person, seed_people
from .talks import seed_talks

Log = Callable[[str], object]
# The age of the oldest event: purchases precede registrations, which precede the first topic.
OLDEST_DAYS = 430
# Maximum seconds to wait for workers that hold a cursor or a shard.
TIMEOUT = 60.0


def seed(*, now: datetime | None = None, log: Log = print) -> bool:
    """Create what is missing of the demo, then run the followers and the engine; idempotent.

    Members first, then one category per transaction, so that the site can be used meanwhile and an interrupted run
    can be resumed. Return whether anything was created.
    """
    now = now or timezone.now()
    partitions.ensure_months(now - timedelta(days=days) for days in range(0, OLDEST_DAYS, 27))
    people = seed_people(now=now)
    made = seed_talks(people, now=now)
    settle()
    log(f"The demo is complete: {len(people)} people, {_topics_of(people)} topics.")
    return made > 0


def _topics_of(people: Mapping[str, Person]) -> int:
    return Topic.objects.filter(author__in=[person.member for person in people.values()]).count()


def settle() -> None:
    """Run followers, drains and the daily awards until nothing is left to do, here or in a worker."""
    until = time.monotonic() + TIMEOUT
    hot_scores.refresh_all()
    _drain_all(until)
    award_earned()
    _drain_all(until)


def _drain_all(until: float) -> None:
    while time.monotonic() < until:
        for name in all_followers():
            while cursors.follow(name):
                pass
        for shard in shards.waiting_shards():
            shards.drain(shard)
        if not any(cursors.is_behind(name) for name in all_followers()) and not shards.waiting_shards():
            return
        time.sleep(0.05)
