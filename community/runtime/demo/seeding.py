"""Making the demo: all of it or nothing, and then what follows from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from community.badges.services.awards import award_earned
from community.events.registry import all_followers
from community.events.services import following, partitions
from community.forum.models import Topic
from community.forum.services import hot_scores
from journeys.services import shards

from .people import Person, seed_people
from .talks import seed_talks

Tell = Callable[[str], object]
# People joined before the first topic, and bought before they joined.
OLDEST_DAYS = 430
# How long to wait for workers that have a follower or a shard in hand.
PATIENCE = 60.0


def seed(*, now: datetime | None = None, tell: Tell = print) -> bool:
    """Make what is not there yet of the demo, then let followers and engine do their part.

    The people first, then place by place, each all or nothing, so that the site can be looked at
    meanwhile, and a run that was killed goes on where it stopped. Return whether anything was made.
    """
    now = now or timezone.now()
    partitions.ensure_months(now - timedelta(days=days) for days in range(0, OLDEST_DAYS, 27))
    people = seed_people(now=now)
    made = seed_talks(people, now=now)
    settle()
    tell(f"The demo is complete: {len(people)} people, {_topics_of(people)} topics.")
    return made > 0


def _topics_of(people: Mapping[str, Person]) -> int:
    return Topic.objects.filter(author__in=[person.member for person in people.values()]).count()


def settle() -> None:
    """Run followers, drains and the daily awards until nothing is left to do, here or at a worker."""
    until = time.monotonic() + PATIENCE
    hot_scores.refresh_all()
    _run_dry(until)
    award_earned()
    _run_dry(until)


def _run_dry(until: float) -> None:
    while time.monotonic() < until:
        for name in all_followers():
            while following.follow(name):
                pass
        for shard in shards.waiting_shards():
            shards.drain(shard)
        if not any(following.is_behind(name) for name in all_followers()) and not shards.waiting_shards():
            return
        time.sleep(0.05)
