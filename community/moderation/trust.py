"""Trust levels, and the counts of a member's posts that they depend on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from community.core.prepared import Prepared, compiled_at_start
from community.forum.models import Post
from community.members.models import Member
from community.members.rules import is_verified_customer

from .models.policy import NEW_UNTIL_POSTS, Policy

STAFF_LEVEL = 5
FEW = 10
# (level, days as a member, published posts, likes received)
LEVELS = ((4, 365, 200, 100), (3, 50, 50, 20), (2, 15, 10, 1))


class PostCounts(NamedTuple):
    """Counts of a member's posts. Only `approved` requires that they are published; none include deleted ones."""

    approved: int = 0
    topics: int = 0
    replies: int = 0
    replies_here: int = 0  # in the given topic
    latest_at: datetime | None = None
    new_until: int = NEW_UNTIL_POSTS  # `Policy.new_until_posts`


def count_posts(member: Member, *, topic_id: int = 0) -> PostCounts:
    """Count the member's posts, in one query."""
    return PostCounts(*(_post_counts().first(member_id=member.pk, topic_id=topic_id) or ()))


@compiled_at_start()
def _post_counts() -> Prepared[tuple[int, int, int, int, datetime, int]]:
    kept, opening = ~Q(status=Post.Status.DELETED), Q(kind=Post.Kind.OPENING)

    def build(member_id: int, topic_id: int) -> QuerySet[Any]:
        posts = Post.objects.filter(author=member_id).order_by().values("author")
        counted = posts.annotate(
            approved=Count("pk", filter=Q(status=Post.Status.PUBLISHED)),
            topics=Count("pk", filter=kept & opening),
            others=Count("pk", filter=kept & ~opening),
            here=Count("pk", filter=kept & ~opening & Q(topic=topic_id)),
            latest=Max("created_at", filter=kept),
            new_until=_new_until(),
        )
        return counted.values_list("approved", "topics", "others", "here", "latest", "new_until")

    return Prepared(build)


def is_established(member: Member) -> bool:
    """Return whether enough posts are published for the limits of new members to be over.

    Reads FEW posts at most. False where the policy asks for more than that, so count them then.
    """
    found = _few_published()(member_id=member.pk)
    return bool(found) and len(found) >= found[0][0]


@compiled_at_start()
def _few_published() -> Prepared[tuple[int]]:
    """`Policy.new_until_posts`, once for each of the member's first published posts."""

    def build(member_id: int) -> QuerySet[Any]:
        posts = Post.objects.published().filter(author=member_id).order_by()
        return posts.annotate(new_until=_new_until()).values_list("new_until")

    return Prepared(build, limit=FEW)


def _new_until() -> Coalesce:
    return Coalesce(Subquery(Policy.objects.filter(pk=1).values("new_until_posts")), NEW_UNTIL_POSTS)


def approved_posts(member: Member) -> int:
    return count_posts(member).approved


def is_new(member: Member, policy: Policy | None = None) -> bool:
    """Return whether the limits for new members apply: not staff, not a verified customer, few approved posts."""
    if member.is_team or is_verified_customer(member):
        return False
    return approved_posts(member) < (policy or Policy.current()).new_until_posts


def trust_level(member: Member) -> int:
    """Return 0 (new) to 4 by time, posts and likes; 5 for staff. Verified customers have at least 2."""
    if member.is_team:
        return STAFF_LEVEL
    posts = approved_posts(member)
    likes = Post.objects.published().filter(author=member).aggregate(n=Sum("like_count"))["n"] or 0
    age = timezone.now() - member.joined_at
    for level, days, written, liked in LEVELS:
        if age >= timedelta(days=days) and posts >= written and likes >= liked:
            return level
    if is_verified_customer(member):
        return 2
    return 0 if posts < Policy.current().new_until_posts else 1
