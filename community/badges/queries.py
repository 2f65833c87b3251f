"""Find who has earned a badge and does not have it yet: one query per badge, for some members or for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg.types.json import Jsonb

from community.badges.criteria import AllRule, EventRule, PostRule, Rule, YearsRule
from community.badges.models import Badge
from community.events import catalogue
from community.events.models import Event
from community.forum.models import Post, Topic
from community.members.models import team_q, team_sql

# Staff earn no badges: they show their role beside their name, and their posts are their job.
_EARNERS = f"""
  JOIN members_member m ON m.id = e.member_id AND NOT {team_sql("m")}
  WHERE e.retracted_at IS NULL AND (%(members)s::bigint[] IS NULL OR e.member_id = ANY(%(members)s::bigint[]))
"""
_WITHOUT = (
    "AND NOT EXISTS (SELECT FROM badges_award a WHERE a.badge_id = %(badge)s AND a.member_id = e.member_id)"
)

_EACH = {
    None: "",
    "day": "DISTINCT ON (e.member_id, (e.occurred_at AT TIME ZONE 'UTC')::date)",
    "object": "DISTINCT ON (e.member_id, e.object_type, e.object_id)",
    "counterpart": "DISTINCT ON (e.member_id, e.counterpart_id)",
}
_ORDER = {
    None: "",
    "day": "ORDER BY e.member_id, (e.occurred_at AT TIME ZONE 'UTC')::date, e.occurred_at",
    "object": "ORDER BY e.member_id, e.object_type, e.object_id, e.occurred_at",
    "counterpart": "ORDER BY e.member_id, e.counterpart_id, e.occurred_at",
}

_BY_EVENTS = """
WITH fact AS (
  SELECT {each} e.member_id, e.event_id, e.occurred_at, e.object_type, e.object_id FROM event e
  {earners} {without} AND e.name = %(name)s AND e.props @> %(where)s {order}
), counted AS (
  SELECT *, lag(occurred_at, %(at_least)s - 1) OVER (PARTITION BY member_id ORDER BY occurred_at, event_id) AS began
  FROM fact
), crossed AS (
  SELECT DISTINCT ON (member_id) * FROM counted
  WHERE began IS NOT NULL AND (%(window)s::int IS NULL OR
    (occurred_at AT TIME ZONE 'UTC')::date - (began AT TIME ZONE 'UTC')::date < %(window)s::int)
  ORDER BY member_id, occurred_at, event_id
)
SELECT c.member_id, c.occurred_at, c.event_id, coalesce(p.id, o.id) FROM crossed c
LEFT JOIN forum_post p ON c.object_type = 'forum.post' AND p.id = c.object_id
LEFT JOIN forum_post o ON c.object_type = 'forum.topic' AND o.topic_id = c.object_id AND o.kind = 'opening'
"""

_BY_YEARS = """
SELECT e.member_id, date_part('year', age(e.occurred_at, m.joined_at))::int AS years, min(e.occurred_at) FROM event e
{earners} AND e.name = ANY(%(names)s) AND e.occurred_at >= m.joined_at + interval '1 year'
GROUP BY e.member_id, years
HAVING NOT EXISTS (
  SELECT FROM badges_award a WHERE a.badge_id = %(badge)s AND a.member_id = e.member_id
  AND a.key = 'year:' || date_part('year', age(min(e.occurred_at), max(m.joined_at)))::int
)
"""

# The events that raise a post's numbers; the last one dates the award, because a post does not store when.
APPROVALS = (
    catalogue.REACTION_RECEIVED,
    catalogue.HELPFUL_VOTE_RECEIVED,
    catalogue.QUESTION_VOTE_RECEIVED,
)
CONTRIBUTIONS = [catalogue.TOPIC_CREATED, catalogue.QUESTION_ASKED, catalogue.REPLY_CREATED]


@dataclass(frozen=True)
class Earned:
    """An award to be given: to whom, when it was earned, and the event or post that earned it."""

    member_id: int
    at: datetime
    key: str = ""
    event_id: UUID | None = None
    post_id: int | None = None


def earned(badge: Badge, rule: Rule, member_ids: Sequence[int] | None = None) -> list[Earned]:
    """Return the awards of the badge that these members (None: all) have earned and do not have.

    Staff earn no badges. A revoked award counts as given.
    """
    if isinstance(rule, EventRule):
        return list(_by_events(rule, member_ids, badge.pk))
    if isinstance(rule, PostRule):
        return (
            _by_posts_together(rule, member_ids, badge.pk)
            if rule.times
            else _by_post(rule, member_ids, badge.pk)
        )
    if isinstance(rule, YearsRule):
        return list(_by_years(member_ids, badge.pk))
    if isinstance(rule, AllRule):
        return _by_all(rule, member_ids, badge.pk)
    return []


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _by_events(rule: EventRule, member_ids: Sequence[int] | None, badge_id: int) -> Iterator[Earned]:
    sql = _BY_EVENTS.format(
        each=_EACH[rule.each], order=_ORDER[rule.each], earners=_EARNERS, without=_WITHOUT
    )
    rows = _rows(
        sql,
        name=rule.event,
        where=Jsonb(rule.where),
        at_least=rule.at_least,
        window=rule.window_days,
        badge=badge_id,
        members=_array(member_ids),
    )
    for member_id, at, event_id, post_id in rows:
        yield Earned(member_id, at, event_id=event_id, post_id=post_id)


def _by_years(member_ids: Sequence[int] | None, badge_id: int) -> Iterator[Earned]:
    sql = _BY_YEARS.format(earners=_EARNERS)
    names = [str(name) for name in CONTRIBUTIONS]
    for member_id, years, at in _rows(sql, names=names, badge=badge_id, members=_array(member_ids)):
        yield Earned(member_id, at, key=f"year:{years}")


def _posts(rule: PostRule, member_ids: Sequence[int] | None) -> models.QuerySet[Post]:
    posts = Post.objects.published().exclude(team_q("author"))
    if member_ids is not None:
        posts = posts.filter(author__in=list(member_ids))
    if rule.post in ("answer", "reply"):
        posts = posts.filter(kind=rule.post)
    elif rule.post == "question":
        posts = posts.filter(kind=Post.Kind.OPENING, topic__kind=Topic.Kind.QUESTION)
    elif rule.post == "topic":
        posts = posts.filter(kind=Post.Kind.OPENING).exclude(topic__kind=Topic.Kind.QUESTION)
    number = "topic__view_count" if rule.number == "view_count" else rule.number
    return posts.filter(**{f"{number}__gte": rule.at_least})


def _by_post(rule: PostRule, member_ids: Sequence[int] | None, badge_id: int) -> list[Earned]:
    posts = _posts(rule, member_ids).exclude(
        pk__in=models.Subquery(
            Post.objects.filter(awards__badge=badge_id, awards__key__startswith="post:").values("pk")
        )
    )
    rows = posts.values_list("pk", "author_id", "topic__bumped_at")
    approved = _last_approvals({author for _, author, _ in rows}, by_post=True)
    return [
        Earned(author, approved.get((author, pk), bumped), key=f"post:{pk}", post_id=pk)
        for pk, author, bumped in rows
    ]


def _by_posts_together(rule: PostRule, member_ids: Sequence[int] | None, badge_id: int) -> list[Earned]:
    enough = (
        _posts(rule, member_ids)
        .exclude(author__awards__badge=badge_id)
        .values("author_id")
        .annotate(posts=models.Count("pk"), newest=models.Max("created_at"))
        .filter(posts__gte=rule.times or 1)
    )
    rows: list[tuple[int, Any]] = list(enough.values_list("author_id", "newest"))
    approved = _last_approvals({author for author, _ in rows})
    return [Earned(author, approved.get((author, None), newest)) for author, newest in rows]


def _last_approvals(
    member_ids: set[int], *, by_post: bool = False
) -> dict[tuple[int | None, int | None], Any]:
    """Return when each member, or with `by_post` each of their posts, last got a like or vote."""
    if not member_ids:
        return {}
    about = ("member_id", "object_id") if by_post else ("member_id",)
    approvals = Event.objects.not_retracted().filter(member__in=member_ids, name__in=APPROVALS)
    rows = approvals.values(*about).annotate(at=models.Max("occurred_at"))
    return {(row["member_id"], row.get("object_id")): row["at"] for row in rows}


def _by_all(rule: AllRule, member_ids: Sequence[int] | None, badge_id: int) -> list[Earned]:
    together: dict[int, Earned] | None = None
    for part in rule.all:
        by = _by_events if isinstance(part, EventRule) else _by_posts_together
        latest = {row.member_id: row for row in by(part, member_ids, badge_id)}  # type: ignore[arg-type]
        together = latest if together is None else _later_of_both(together, latest)
    return list((together or {}).values())


def _later_of_both(one: dict[int, Earned], other: dict[int, Earned]) -> dict[int, Earned]:
    return {
        member_id: max(one[member_id], other[member_id], key=lambda row: row.at)
        for member_id in one.keys() & other.keys()
    }


def _array(member_ids: Sequence[int] | None) -> list[int] | None:
    return None if member_ids is None else list(member_ids)
