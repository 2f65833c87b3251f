"""A member's progress towards each badge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Max, Q
from django.db.models.functions import TruncDate

from community.badges import criteria
from community.badges.criteria import EventRule, PostRule
from community.badges.models import Badge
from community.events.models import Event
from community.forum.models import Post, Topic
from community.members.models import Member


@dataclass(frozen=True)
class Progress:
    """`have` out of `need`, at most `need`."""

    have: int
    need: int

    @property
    def percent(self) -> int:
        return 100 * self.have // self.need


def progress_of(member: Member, badges: Sequence[Badge]) -> dict[str, Progress]:
    """Return the progress towards badges that count events or posts, by slug. Two queries.

    Streaks and other windows are excluded, because progress in a window can expire.
    """
    rules = {badge.slug: criteria.parse(badge.rule) for badge in badges}
    events = {
        slug: rule for slug, rule in rules.items() if isinstance(rule, EventRule) and not rule.window_days
    }
    posts = {slug: rule for slug, rule in rules.items() if isinstance(rule, PostRule)}
    needs = {slug: rule.at_least for slug, rule in events.items()}
    needs |= {slug: rule.times or rule.at_least for slug, rule in posts.items()}
    have = _from_events(member, events) | _from_posts(member, posts)
    return {slug: Progress(min(have[slug] or 0, need), need) for slug, need in needs.items() if need > 1}


def _from_events(member: Member, rules: dict[str, EventRule]) -> dict[str, int]:
    if not rules:
        return {}
    what = {None: "event_id", "day": "day", "object": "object_id", "counterpart": "counterpart_id"}
    counts = {
        f"n{place}": Count(
            what[rule.each],
            filter=Q(name=rule.event, props__contains=rule.where) & _done_for(rule, member),
            distinct=rule.each is not None,
        )
        for place, rule in enumerate(rules.values())
    }
    found = (
        Event.objects.not_retracted()
        .filter(member=member)
        .annotate(day=TruncDate("occurred_at", tzinfo=member.zone))
        .aggregate(**counts)
    )
    return {slug: found[f"n{place}"] for place, slug in enumerate(rules)}


def _done_for(rule: EventRule, member: Member) -> Q:
    to_others = Q(counterpart_id=None) | ~Q(counterpart_id=member.pk)
    return to_others if rule.others else Q()


def _from_posts(member: Member, rules: dict[str, PostRule]) -> dict[str, int]:
    if not rules:
        return {}
    found = (
        Post.objects.published()
        .filter(author=member)
        .aggregate(**{f"n{place}": _number_of(rule) for place, rule in enumerate(rules.values())})
    )
    return {slug: found[f"n{place}"] for place, slug in enumerate(rules)}


def _number_of(rule: PostRule) -> Count | Max:
    kinds = {
        "answer": Q(kind=Post.Kind.ANSWER) & ~Q(author=F("topic__author")),
        "reply": Q(kind=Post.Kind.REPLY),
        "question": Q(kind=Post.Kind.OPENING, topic__kind=Topic.Kind.QUESTION),
        "topic": Q(kind=Post.Kind.OPENING) & ~Q(topic__kind=Topic.Kind.QUESTION),
        "any": Q(),
    }
    number = "topic__view_count" if rule.number == "view_count" else rule.number
    if rule.times:
        return Count("pk", filter=kinds[rule.post] & Q(**{f"{number}__gte": rule.at_least}))
    return Max(number, filter=kinds[rule.post])
