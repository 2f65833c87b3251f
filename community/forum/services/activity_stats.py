"""Signs that somebody answers here, over the topics everybody may see: counted every few minutes and stored."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core import demo
from community.core.prepared import Prepared, compiled_at_start
from community.forum.models import StoredActivity

# Counting takes 0.13 s at 100,000 posts, and 0.9 s from a cold disk, so readers wait for it only if no worker runs.
MAX_AGE = timedelta(minutes=15)
RECENTLY = timedelta(days=30)
LATELY = timedelta(days=7)

# Only what everybody may see: the figures are shown to everybody.
_ACTIVITY_STATS = """
WITH open_category AS (
  SELECT c.id FROM forum_category c LEFT JOIN forum_category p ON p.id = c.parent_id
  WHERE c.see_by = 'everyone' AND coalesce(p.see_by, 'everyone') = 'everyone'
), open_topic AS (
  SELECT t.id, t.created_at, t.author_id FROM forum_topic t JOIN open_category c ON c.id = t.category_id
  WHERE t.status = 'published' AND t.created_at > %(month)s
), first_reply AS (
  SELECT t.id, min(p.created_at) - t.created_at AS waited FROM open_topic t
  JOIN forum_post p ON p.topic_id = t.id AND p.status = 'published' AND p.kind IN ('reply', 'answer')
    AND p.author_id <> t.author_id
  GROUP BY t.id, t.created_at
)
SELECT
  (SELECT count(*) FROM open_topic),
  (SELECT count(*) FROM first_reply),
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM waited)) FROM first_reply),
  (SELECT count(DISTINCT p.topic_id) FROM forum_post p JOIN forum_topic t ON t.id = p.topic_id
     JOIN open_category c ON c.id = t.category_id
   WHERE p.status = 'published' AND p.kind IN ('reply', 'answer') AND t.status = 'published'
     AND p.created_at > %(day)s AND p.author_id <> t.author_id),
  (SELECT count(DISTINCT p.author_id) FROM forum_post p JOIN forum_topic t ON t.id = p.topic_id
     JOIN open_category c ON c.id = t.category_id
   WHERE p.status = 'published' AND t.status = 'published' AND p.created_at > %(week)s)
"""


@dataclass(frozen=True)
class ActivityStats:
    topics: int  # of the last 30 days
    replied: int  # of those, how many somebody else replied to
    median_minutes: int | None  # until the first reply
    answered_today: int  # topics that got a reply in the last 24 hours
    people: int  # who wrote in the last 7 days

    @property
    def wait(self) -> str:
        """Say the median wait as people do: “40 minutes”, “3 hours”."""
        minutes = self.median_minutes or 0
        if minutes < 90:
            return _("%(n)d min") % {"n": max(minutes, 1)}
        hours = round(minutes / 60)
        return _("%(n)d h") % {"n": hours} if hours < 48 else _("%(n)d days") % {"n": round(hours / 24)}


def current(*, now: datetime | None = None) -> ActivityStats:
    """Return the stored figures; counts them if they are missing or older than MAX_AGE."""
    now = now or timezone.now()
    row = _stored().first()
    if row and now - row[0] < MAX_AGE:
        return ActivityStats(*row[1:])
    return refresh(now=now)


def refresh(*, now: datetime | None = None) -> ActivityStats:
    """Count the figures and store them, unless the demo is half written."""
    now = now or timezone.now()
    keep = not demo.is_being_written()  # asked before counting: the writer may be done meanwhile
    stats = _count(now)
    if keep:
        values = dict(zip(_FIELDS, (now, *astuple(stats)), strict=True))
        StoredActivity.objects.update_or_create(pk=1, defaults=values)
    return stats


def _count(now: datetime) -> ActivityStats:
    since = {"month": now - RECENTLY, "week": now - LATELY, "day": now - timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY_STATS, since)
        topics, replied, median, today, people = cursor.fetchone()
    return ActivityStats(
        topics, replied, None if median is None else round(float(median) / 60), today, people
    )


_FIELDS = ("counted_at", "topics", "replied", "median_minutes", "answered_today", "people")


@compiled_at_start()
def _stored() -> Prepared[tuple[datetime, int, int, int | None, int, int]]:
    def build() -> QuerySet[StoredActivity, tuple[datetime, int, int, int | None, int, int]]:
        return StoredActivity.objects.filter(pk=1).values_list(*_FIELDS)

    return Prepared(build)
