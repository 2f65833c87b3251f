"""How far each member has read in each topic."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.members.models import Member


def mark_read(topic: Topic, *, member: Member, number: int, now: datetime | None = None) -> None:
    """Save that the member has read up to post `number`; a lower number changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO forum_readstate AS r (member_id, topic_id, last_read_number, read_at)
            VALUES (%s, %s, %s, %s)
            ON CONFLICT (member_id, topic_id)
            DO UPDATE SET last_read_number = excluded.last_read_number, read_at = excluded.read_at
            WHERE r.last_read_number < excluded.last_read_number
            """,
            [member.pk, topic.pk, number, now or timezone.now()],
        )
