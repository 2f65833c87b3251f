"""Keep the denormalized counters of topics, categories and tags up to date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet, Subquery, Sum

from community.core import prepared
from community.core.prepared import Prepared
from community.forum.models import Post, Tag, Topic
from community.members.models import Member

COUNTED = (Post.Kind.REPLY, Post.Kind.ANSWER)
COUNTERS = [
    "reply_count",
    "answer_count",
    "like_count",
    "score",
    "is_solved",
    "bumped_at",
    "last_post_author",
]


def lock_topic(topic_id: int) -> Topic:
    """Lock and return the topic, so that changes to its posts are serialized."""
    topic = _locked().first(topic_id=topic_id)
    if topic is None:
        raise Topic.DoesNotExist
    return topic


@cache
def _locked() -> Prepared[Topic]:
    def build(topic_id: int) -> QuerySet[Topic]:
        topics = Topic.objects.select_for_update(of=("self",), no_key=True)
        return topics.select_related("category", "author").filter(pk=topic_id)

    return Prepared(build)


def lock_author(author: Member) -> None:
    """Lock the author, so that their new posts are serialized. Lock topics first, never after an author."""
    Member.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)


def refresh(topic: Topic, *, before: tuple[int, int, int] | None = None) -> Topic:
    """Refresh the counters of a locked topic from its posts, and update those of its category.

    If the topic's status or category changed, `before` is its `contribution` before that change.
    """
    before = contribution(topic) if before is None else before
    _recount(topic)
    topic.save(update_fields=[*COUNTERS, "last_number"])
    _update_categories(before, contribution(topic))
    return topic


def contribution(topic: Topic) -> tuple[int, int, int]:
    """Return what the topic adds to its category: (category id, topics, posts)."""
    if not topic.is_published:
        return topic.category_id, 0, 0
    return topic.category_id, 1, 1 + topic.reply_count


def _recount(topic: Topic) -> None:
    totals = _totals().first(topic_id=topic.pk) or (0, 0, 0, 0, None, 0, None)
    topic.reply_count, topic.answer_count, topic.like_count, solved, latest, topic.score, last = totals
    topic.is_solved = bool(solved)
    topic.last_post_author_id = last or topic.author_id
    topic.bumped_at = latest or topic.created_at


@cache
def _totals() -> Prepared[tuple[int, int, int, int, datetime | None, int, int | None]]:
    published, comment = Q(status=Post.Status.PUBLISHED), Q(kind=Post.Kind.COMMENT)

    def build(topic_id: int) -> QuerySet[Any]:
        posts = Post.objects.filter(topic=topic_id)
        last = posts.published().filter(kind__in=COUNTED).order_by("-created_at", "-number")
        totals = (
            posts.order_by()
            .values("topic")
            .annotate(
                counted_replies=Count("pk", filter=published & Q(kind__in=COUNTED)),
                answers=Count("pk", filter=published & Q(kind=Post.Kind.ANSWER)),
                counted_likes=Sum("like_count", filter=published, default=0),
                solved=Count("pk", filter=published & Q(is_accepted=True)),
                latest=Max("created_at", filter=published & ~comment),
                opening_score=Max("score", filter=Q(kind=Post.Kind.OPENING), default=0),
                last=Subquery(last.values("author")[:1]),
            )
        )
        return totals.values_list(
            "counted_replies", "answers", "counted_likes", "solved", "latest", "opening_score", "last"
        )

    return Prepared(build)


def _update_categories(before: tuple[int, int, int], after: tuple[int, int, int]) -> None:
    if before == after:
        return
    changes: dict[int, list[int]] = {}
    for sign, (category, topics, posts) in ((-1, before), (1, after)):
        change = changes.setdefault(category, [0, 0])
        change[0] += sign * topics
        change[1] += sign * posts
    # Ordered by id, so that two moves in opposite directions do not deadlock.
    with prepared.cursor() as cursor:
        for category, (topics, posts) in sorted(changes.items()):
            if topics or posts:
                cursor.execute(_CHANGE_CATEGORY, [topics, posts, category])


_CHANGE_CATEGORY = """
UPDATE forum_category
   SET topic_count = greatest(topic_count + %s::int, 0), post_count = greatest(post_count + %s::int, 0)
 WHERE id = %s::bigint
"""


def recount_tags(tag_ids: Iterable[int]) -> None:
    """Recount the published topics of these tags."""
    for tag in Tag.objects.filter(pk__in=set(tag_ids)).order_by("pk"):
        Tag.objects.filter(pk=tag.pk).update(topic_count=tag.topics.published().count())


@transaction.atomic
def recount_topics(topic_ids: Iterable[int]) -> None:
    """Recount many topics at once from their posts; used by imports."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {"topics": list(topic_ids)})


@transaction.atomic
def recount_categories() -> None:
    """Recount every category and tag from the topics."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT_CATEGORIES)
        cursor.execute(_RECOUNT_TAGS)


_RECOUNT = """
UPDATE forum_topic t
   SET reply_count = c.replies, answer_count = c.answers, like_count = c.likes, is_solved = c.solved,
       score = c.score, bumped_at = coalesce(c.latest, t.created_at),
       last_number = greatest(t.last_number, c.last_number),
       last_post_author_id = coalesce(c.last_author, t.author_id)
  FROM (
    SELECT topic_id,
           count(*) FILTER (WHERE shown AND kind IN ('reply', 'answer')) AS replies,
           count(*) FILTER (WHERE shown AND kind = 'answer') AS answers,
           coalesce(sum(like_count) FILTER (WHERE shown), 0) AS likes,
           coalesce(bool_or(is_accepted) FILTER (WHERE shown), false) AS solved,
           coalesce(max(score) FILTER (WHERE kind = 'opening'), 0) AS score,
           max(created_at) FILTER (WHERE shown AND kind <> 'comment') AS latest,
           max(number) AS last_number,
           (array_agg(author_id ORDER BY created_at DESC, number DESC)
              FILTER (WHERE shown AND kind IN ('reply', 'answer')))[1] AS last_author
      FROM (SELECT *, status = 'published' AS shown FROM forum_post WHERE topic_id = ANY(%(topics)s)) p
     GROUP BY topic_id
  ) c
 WHERE c.topic_id = t.id
"""

_RECOUNT_CATEGORIES = """
UPDATE forum_category c
   SET topic_count = n.topics, post_count = n.posts
  FROM (
    SELECT k.id, count(t.id) AS topics, coalesce(sum(1 + t.reply_count), 0) AS posts
      FROM forum_category k LEFT JOIN forum_topic t ON t.category_id = k.id AND t.status = 'published'
     GROUP BY k.id
  ) n
 WHERE n.id = c.id AND (n.topics, n.posts) IS DISTINCT FROM (c.topic_count, c.post_count)
"""

_RECOUNT_TAGS = """
UPDATE forum_tag g
   SET topic_count = n.topics
  FROM (
    SELECT k.id, count(t.id) AS topics
      FROM forum_tag k
      LEFT JOIN forum_topic_tags x ON x.tag_id = k.id
      LEFT JOIN forum_topic t ON t.id = x.topic_id AND t.status = 'published'
     GROUP BY k.id
  ) n
 WHERE n.id = g.id AND n.topics IS DISTINCT FROM g.topic_count
"""
