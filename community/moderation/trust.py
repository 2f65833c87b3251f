"""How far moderation trusts a member, from what they have written here."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from community.forum.models import Post
from community.members.models import Member
from community.members.rules import is_verified_customer

from .models import Policy

STAFF = 5
# Level: days a member, published posts, likes received.
LADDER = ((4, 365, 200, 100), (3, 50, 50, 20), (2, 15, 10, 1))


def approved_posts(member: Member) -> int:
    return Post.objects.published().filter(author=member).count()


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
