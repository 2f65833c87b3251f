"""The hot score, which ranks topics by recent likes and replies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from community.forum.models import Topic

WINDOW = timedelta(days=7)
BATCH_SIZE = 1_000

# Discourse's formula for hot topics: likes over age, plus recent likes and posters over the hours since the
# first recent post after the opening.
_UPDATE = """
WITH chosen AS (
  SELECT id, like_count, extract(epoch FROM %(now)s - created_at) / 3600 AS age
    FROM forum_topic WHERE id = ANY(%(topics)s)
), posters AS (
  SELECT p.topic_id, count(DISTINCT p.author_id) AS n,
         extract(epoch FROM %(now)s - min(p.created_at)) / 3600 AS since
    FROM forum_post p
   WHERE p.topic_id = ANY(%(topics)s) AND p.status = 'published' AND p.kind <> 'opening'
     AND p.created_at > %(start)s AND p.created_at <= %(now)s
   GROUP BY p.topic_id
), likes AS (
  SELECT p.topic_id, count(*) AS n
    FROM forum_like l JOIN forum_post p ON p.id = l.post_id
   WHERE p.topic_id = ANY(%(topics)s) AND p.status = 'published'
     AND l.created_at > %(start)s AND l.created_at <= %(now)s
   GROUP BY p.topic_id
)
UPDATE forum_topic t
   SET hot_score = c.like_count / power(greatest(c.age, 0) + 2, 1.2)
     + (coalesce(l.n, 0) + coalesce(q.n, 0)) / power(greatest(coalesce(q.since, c.age), 0) + 2, 1.2)
  FROM chosen c LEFT JOIN posters q ON q.topic_id = c.id LEFT JOIN likes l ON l.topic_id = c.id
 WHERE t.id = c.id
"""


@transaction.atomic
def refresh(topic_ids: Iterable[int], *, now: datetime | None = None) -> int:
    """Update the hot scores of these topics as of `now`. Return how many were updated."""
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"topics": sorted(topic_ids), "now": now, "start": now - WINDOW})
        return int(cursor.rowcount)


def refresh_all(*, now: datetime | None = None) -> int:
    """Update every topic that is recently active or still has a score. Return how many were updated."""
    now = now or timezone.now()
    active = Q(bumped_at__gt=now - WINDOW) | Q(hot_score__gt=0.001)
    done, last = 0, 0
    while True:
        ids = (
            Topic.objects.published().filter(active, pk__gt=last).order_by("pk").values_list("pk", flat=True)
        )
        batch = list(ids[:BATCH_SIZE])
        if not batch:
            return done
        done += refresh(batch, now=now)
        last = batch[-1]
