"""How far moderation trusts a member, from what they have written here."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from community.core.prepared import Prepared
from community.forum.models import Post
from community.members.models import Member
from community.members.rules import is_verified_customer

from .models.policy import NEW_UNTIL_POSTS, Policy

STAFF = 5
# Level: days a member, published posts, likes received.
LADDER = ((4, 365, 200, 100), (3, 50, 50, 20), (2, 15, 10, 1))


class Written(NamedTuple):
    """What a member has written: posts that were approved, and all but the deleted ones, which limits count."""

    approved: int = 0
    topics: int = 0
    replies: int = 0
    replies_here: int = 0  # in the topic that was asked about
    latest_at: datetime | None = None
    new_until: int = NEW_UNTIL_POSTS  # so many approved posts, by the policy


def written_by(member: Member, *, topic_id: int = 0) -> Written:
    """Count the member's posts; one query."""
    return Written(*(_written().first(member_id=member.pk, topic_id=topic_id) or ()))


@cache
def _written() -> Prepared[tuple[int, int, int, int, datetime, int]]:
    kept, opening = ~Q(status=Post.Status.DELETED), Q(kind=Post.Kind.OPENING)

    def build(member_id: int, topic_id: int) -> QuerySet[Any]:
        posts = Post.objects.filter(author=member_id).order_by().values("author")
        counted = posts.annotate(
            approved=Count("pk", filter=Q(status=Post.Status.PUBLISHED)),
            topics=Count("pk", filter=kept & opening),
            others=Count("pk", filter=kept & ~opening),
            here=Count("pk", filter=kept & ~opening & Q(topic=topic_id)),
            latest=Max("created_at", filter=kept),
            new_until=Coalesce(
                Subquery(Policy.objects.filter(pk=1).values("new_until_posts")), NEW_UNTIL_POSTS
            ),
        )
        return counted.values_list("approved", "topics", "others", "here", "latest", "new_until")

    return Prepared(build)


def approved_posts(member: Member) -> int:
    return written_by(member).approved


def is_new(member: Member, policy: Policy | None = None) -> bool:
    """Someone whom the new-member limits concern: no staff, no verified customer, few approved posts."""
    if member.is_team or is_verified_customer(member):
        return False
    return approved_posts(member) < (policy or Policy.current()).new_until_posts


def trust_level(member: Member) -> int:
    """Return 0 (new) to 4 by time, posts and likes; 5 for staff. A verified customer has at least 2."""
    if member.is_team:
        return STAFF
    posts = approved_posts(member)
    likes = Post.objects.published().filter(author=member).aggregate(n=Sum("like_count"))["n"] or 0
    age = timezone.now() - member.joined_at
    for level, days, written, liked in LADDER:
        if age >= timedelta(days=days) and posts >= written and likes >= liked:
            return level
    if is_verified_customer(member):
        return 2
    return 0 if posts < Policy.current().new_until_posts else 1
