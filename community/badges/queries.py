"""Find who has earned a badge and does not have it yet, for some members or for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

from community.badges.criteria import AllRule, EventRule, PostRule, Rule, YearsRule, event_rules
from community.badges.event_queries import Part, crossed
from community.badges.models import Badge
from community.events import catalogue
from community.events.models import Event
from community.forum.models import Post, Topic
from community.members.models import Member, team_q, team_sql

_BY_YEARS = f"""
WITH happened AS MATERIALIZED (
  SELECT e.member_id, e.occurred_at FROM event e
  WHERE e.retracted_at IS NULL AND e.name = ANY(%(names)s) {{of}}
), done AS (
  SELECT h.member_id, date_part('year', age(h.occurred_at, m.joined_at))::int AS years, min(h.occurred_at) AS at
  FROM happened h JOIN members_member m ON m.id = h.member_id AND NOT {team_sql("m")}
  WHERE h.occurred_at >= m.joined_at + interval '1 year'
  GROUP BY 1, 2
)
SELECT d.member_id, d.years, d.at FROM done d
WHERE NOT EXISTS (
  SELECT FROM badges_award a
  WHERE a.badge_id = %(badge)s AND a.member_id = d.member_id AND a.key = 'year:' || d.years)
"""  # noqa: S608 - built from constants
_OF = "AND e.member_id = ANY(%(members)s::bigint[])"

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


ByEvents = dict[int, list[list[Earned]]]  # by badge id, in the order of its event rules


@dataclass(frozen=True)
class Asked:
    """A badge, its rule, and the members who may have earned it; None: all."""

    badge: Badge
    rule: Rule
    member_ids: Collection[int] | None = None

    @property
    def is_about_posts(self) -> bool:
        return isinstance(self.rule, PostRule | AllRule)


def earned(asked: Sequence[Asked]) -> list[list[Earned]]:
    """Return, for each badge asked for, the awards that the members have earned and do not have.

    Staff earn no badges. A revoked award counts as given.
    """
    by_events = _by_events(asked)
    return [_earned(one, by_events) for one in _without_team(asked)]


def _without_team(asked: Sequence[Asked]) -> list[Asked]:
    """Leave the team out of the members to look for posts of, in one statement for all badges.

    Without statistics, a statement that did both would look for the posts of each member for all of them.
    """
    named = set[int]().union(*(one.member_ids or () for one in asked if one.is_about_posts))
    members = set(Member.objects.exclude_team().filter(pk__any_of=list(named)).values_list("pk", flat=True))
    return [
        replace(one, member_ids=members.intersection(one.member_ids))
        if one.is_about_posts and one.member_ids is not None
        else one
        for one in asked
    ]


def _earned(asked: Asked, by_events: ByEvents) -> list[Earned]:
    rule, member_ids, badge_id = asked.rule, asked.member_ids, asked.badge.pk
    if isinstance(rule, EventRule):
        return by_events[badge_id][0]
    if isinstance(rule, PostRule):
        find = _by_posts_together if rule.times else _by_post
        return find(rule, member_ids, badge_id)
    if isinstance(rule, YearsRule):
        return list(_by_years(member_ids, badge_id))
    if isinstance(rule, AllRule):
        return _by_all(rule, member_ids, badge_id, by_events[badge_id])
    return []


def _by_events(asked: Sequence[Asked]) -> ByEvents:
    """Return what the members have earned by each event rule of the badges, alone or within `all`."""
    parts = [Part(one.badge.pk, rule, one.member_ids) for one in asked for rule in event_rules(one.rule)]
    found: ByEvents = {one.badge.pk: [] for one in asked}
    for part, rows in zip(parts, crossed(parts), strict=True):
        found[part.badge_id].append(
            [Earned(member, at, event_id=event, post_id=post) for member, at, event, post in rows]
        )
    return found


def _by_years(member_ids: Collection[int] | None, badge_id: int) -> Iterator[Earned]:
    values: dict[str, Any] = {"names": [str(name) for name in CONTRIBUTIONS], "badge": badge_id}
    if member_ids is not None:
        values["members"] = sorted(member_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BY_YEARS.format(of="" if member_ids is None else _OF), values)
        rows = cursor.fetchall()
    for member_id, years, at in rows:
        yield Earned(member_id, at, key=f"year:{years}")


def _posts(rule: PostRule, member_ids: Collection[int] | None) -> models.QuerySet[Post]:
    posts = Post.objects.published()
    if member_ids is None:
        posts = posts.exclude(team_q("author"))
    else:
        posts = posts.filter(author__any_of=list(member_ids))
    if rule.post in ("answer", "reply"):
        posts = posts.filter(kind=rule.post)
        if rule.post == "answer":
            posts = posts.exclude(author=models.F("topic__author"))
    elif rule.post == "question":
        posts = posts.filter(kind=Post.Kind.OPENING, topic__kind=Topic.Kind.QUESTION)
    elif rule.post == "topic":
        posts = posts.filter(kind=Post.Kind.OPENING).exclude(topic__kind=Topic.Kind.QUESTION)
    number = "topic__view_count" if rule.number == "view_count" else rule.number
    return posts.filter(**{f"{number}__gte": rule.at_least})


def _by_post(rule: PostRule, member_ids: Collection[int] | None, badge_id: int) -> list[Earned]:
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


def _by_posts_together(rule: PostRule, member_ids: Collection[int] | None, badge_id: int) -> list[Earned]:
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
    approvals = Event.objects.not_retracted().filter(member__any_of=list(member_ids), name__in=APPROVALS)
    rows = approvals.values(*about).annotate(at=models.Max("occurred_at"))
    return {(row["member_id"], row.get("object_id")): row["at"] for row in rows}


def _by_all(
    rule: AllRule, member_ids: Collection[int] | None, badge_id: int, by_events: Iterable[list[Earned]]
) -> list[Earned]:
    together: dict[int, Earned] | None = None
    rows_of_events = iter(by_events)
    for part in rule.all:
        if isinstance(part, EventRule):
            rows = next(rows_of_events)
        else:
            rows = _by_posts_together(part, member_ids, badge_id)
        latest = {row.member_id: row for row in rows}
        together = latest if together is None else _later_of_both(together, latest)
        # Whoever has not met one part need not be looked for in the next.
        member_ids = list(together)
    return list((together or {}).values())


def _later_of_both(one: dict[int, Earned], other: dict[int, Earned]) -> dict[int, Earned]:
    return {
        member_id: max(one[member_id], other[member_id], key=lambda row: row.at)
        for member_id in one.keys() & other.keys()
    }
