"""How far each member has read in each topic."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from community.core import prepared

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.members.models import Member


def mark_read(topic: Topic, *, member: Member, number: int, now: datetime | None = None) -> None:
    """Save that the member has read up to post `number`; a lower number changes nothing.

    Outside a transaction the commit is asynchronous: a database crash may lose the last moments of reading.
    """
    durable = connection.in_atomic_block  # do not affect the caller's transaction
    with prepared.cursor() as cursor:
        cursor.execute(
            """
            WITH commit AS (SELECT %s OR set_config('synchronous_commit', 'off', true) = 'off')
            INSERT INTO forum_readstate AS r (member_id, topic_id, last_read_number, read_at)
            SELECT %s::bigint, %s::bigint, %s::int, %s::timestamptz FROM commit
            ON CONFLICT (member_id, topic_id)
            DO UPDATE SET last_read_number = excluded.last_read_number, read_at = excluded.read_at
            WHERE r.last_read_number < excluded.last_read_number
            """,
            [durable, member.pk, topic.pk, number, now or timezone.now()],
        )


def carry_over(topic: Topic, target: Topic) -> None:
    """Move the reading state of a topic to the one it is merged into, before its posts are appended there.

    Members who have opened both keep their place in the target.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CARRY_OVER, {"topic": topic.pk, "target": target.pk, "last": target.last_number})


_CARRY_OVER = """
WITH gone AS (
  DELETE FROM forum_readstate WHERE topic_id = %(topic)s RETURNING member_id, last_read_number, read_at
)
INSERT INTO forum_readstate (member_id, topic_id, last_read_number, read_at)
SELECT gone.member_id, %(target)s, %(last)s + (
         SELECT count(*) FROM forum_post p WHERE p.topic_id = %(topic)s AND p.number <= gone.last_read_number
       ), gone.read_at
  FROM gone
ON CONFLICT (member_id, topic_id) DO NOTHING
"""
