"""View counts: buffered in Redis and written in bulk. A crash may lose a few seconds of views."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from functools import cache
from typing import Any, cast

import redis
from django.db import connection, transaction
from django.utils import timezone
from redis.commands.core import Script

from community.core import redis_client
from community.events.catalogue import TOPIC_VIEWED
from community.events.services.recording import Draft, record_all
from community.forum.models import Topic
from community.members.models import Member

log = logging.getLogger(__name__)

VIEWS, READERS = "forum:views", "forum:readers"
# Seconds within which repeated views by one visitor count once.
SAME_VIEW = 3_600
DAY = 26 * 3_600
BATCH_SIZE = 5_000

# A single round trip: count a visitor's view once per SAME_VIEW, and record a member's once a day.
_ADD = """
if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then
  redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
  if ARGV[3] ~= '' and redis.call('SET', KEYS[3], 1, 'NX', 'EX', ARGV[4]) then
    redis.call('RPUSH', KEYS[4], ARGV[3])
  end
end
"""


def add(topic_id: int, *, visitor: str, member: Member | None, now: datetime | None = None) -> None:
    """Buffer a view of the topic; `visitor` identifies the member or the network. Redis errors are logged, not raised."""
    now = now or timezone.now()
    try:
        reader = member.pk if member else 0
        read = json.dumps([topic_id, reader, now.isoformat()]) if member else ""
        viewed, read_today = (
            f"forum:viewed:{topic_id}:{visitor}",
            f"forum:read:{topic_id}:{reader}:{now:%Y%m%d}",
        )
        keys = [redis_client.key(name) for name in (viewed, VIEWS, read_today, READERS)]
        _add()(keys=keys, args=[SAME_VIEW, topic_id, read, DAY])
    except redis.RedisError:
        log.warning("Could not count a view.", exc_info=True)


def flush() -> int:
    """Write buffered views to the topics and record who read them. Return how many topics were updated."""
    counts = _take_views()
    topics, numbers = [int(topic) for topic in counts], [int(n) for n in counts.values()]
    if topics:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE forum_topic t SET view_count = t.view_count + v.n
                  FROM unnest(%s::bigint[], %s::bigint[]) AS v(id, n) WHERE t.id = v.id
                """,
                [topics, numbers],
            )
    _record_readers()
    return len(topics)


def _take_views() -> dict[str, str]:
    with redis_client.client().pipeline(transaction=True) as pipe:
        pipe.hgetall(redis_client.key(VIEWS))
        pipe.delete(redis_client.key(VIEWS))
        counts, _ = pipe.execute()
    return cast(dict[str, str], counts)


def _record_readers() -> None:
    while rows := cast(list[str], redis_client.client().lpop(redis_client.key(READERS), BATCH_SIZE)):
        reads = [json.loads(row) for row in rows]
        known = _known(reads)
        with transaction.atomic():
            record_all(_draft(*read) for read in reads if known.issuperset({("t", read[0]), ("m", read[1])}))


def _known(reads: list[Any]) -> set[tuple[str, int]]:
    """Return the topics and members that still exist, as ("t", id) and ("m", id)."""
    topics = Topic.objects.filter(pk__in={read[0] for read in reads}).values_list("pk", flat=True)
    members = Member.objects.filter(pk__in={read[1] for read in reads}).values_list("pk", flat=True)
    return {("t", pk) for pk in topics} | {("m", pk) for pk in members}


def _draft(topic_id: int, member_id: int, at: str) -> Draft:
    return Draft(
        name=TOPIC_VIEWED,
        occurred_at=datetime.fromisoformat(at),
        payload={},
        object_type="forum.topic",
        object_id=topic_id,
        member_id=member_id,
        actor_id=member_id,
        actor_role="member",
        key=f"{member_id}:{at[:10]}",
    )


@cache
def _add() -> Script:
    return redis_client.client().register_script(_ADD)
