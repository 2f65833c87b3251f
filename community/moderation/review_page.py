"""The context of a review item's page: the post in its topic, its author, the guidelines and the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from community.core.admin_base import Panel, member_panels
from community.forum.models import Post
from community.members.models import Guidelines, Member
from community.members.requests import member_of

from . import rules
from .models import AuditEntry, Flag, Policy, Reason, ReviewItem, Sanction
from .trust import approved_posts, trust_level

CONTEXT_POSTS = 2


def context_of(item: ReviewItem) -> dict[str, Any]:
    """Return the template context of one item's page."""
    policy = Policy.current()
    return {
        "item": item,
        "post": item.post,
        "before": _before(item.post),
        "after": _after(item.post),
        "flags": _flags(item.post),
        "weight": f"{Decimal(item.score).normalize():f}",
        "limit": f"{policy.hide_at.normalize():f}",
        "share": percent_of_limit(item.score, policy.hide_at),
        "author": summarize_member(item.member),
        "guidelines": Guidelines.objects.order_by("-version").first(),
        "steps": item.steps.select_related("actor"),
        "revisions": item.post.revisions.select_related("editor").order_by("-number")[:5]
        if item.post
        else [],
    }


def _before(post: Post | None) -> list[Post]:
    """Return the opening post and the posts right before this one."""
    if post is None or post.is_opening:
        return []
    earlier = post.topic.posts.filter(number__lt=post.number).select_related("author")
    near = list(earlier.order_by("-number")[:CONTEXT_POSTS])[::-1]
    opening = [earlier.order_by("number")[0]] if near and near[0].number > 1 else []
    return opening + near


def _after(post: Post | None) -> list[Post]:
    if post is None:
        return []
    later = post.topic.posts.filter(number__gt=post.number).select_related("author")
    return list(later.order_by("number")[:CONTEXT_POSTS])


def _flags(post: Post | None) -> list[Flag]:
    return list(post.flags.select_related("member")) if post else []


def percent_of_limit(score: Decimal, limit: Decimal) -> int:
    """Return the flags' weight as a percentage of the limit for hiding the post, at most 100."""
    return min(100, int(score * 100 / limit)) if limit else 100


def summarize_member(member: Member) -> dict[str, Any]:
    """Return the member's trust level, posts, strikes and flags, for the template."""
    posts = Post.objects.filter(author=member)
    decided = Flag.objects.filter(member=member).exclude(status=Flag.Status.OPEN)
    flags = Counter(decided.values_list("status", flat=True))
    return {
        "member": member,
        "trust": trust_level(member),
        "published": approved_posts(member),
        "hidden": posts.filter(status=Post.Status.HIDDEN).count(),
        "strikes": list(Sanction.objects.strikes().filter(member=member).select_related("given_by", "post")),
        "in_force": Sanction.objects.in_force().filter(member=member).first(),
        "lifted": Sanction.objects.filter(member=member, lifted_at__isnull=False).count(),
        "flags_upheld": flags[Flag.Status.UPHELD],
        "flags_declined": flags[Flag.Status.DECLINED],
    }


CONDUCT = "admin/moderation/_conduct.html"


def conduct_panel(member: Member, request: HttpRequest) -> Panel:
    """Return the panel about a member's conduct, for their page in the admin."""
    entries = AuditEntry.objects.filter(object_type="members.member", object_id=str(member.pk))
    return Panel(
        title=_("Moderation"),
        template=CONDUCT,
        context={
            "author": summarize_member(member),
            "entries": entries[:10],
            "can_sanction": rules.can_sanction(member_of(request), member),
        },
    )


def other_panels(member: Member, request: HttpRequest) -> list[Panel]:
    """Return the panels that other apps add to a member's page."""
    return [panel for panel in member_panels(member, request) if panel.template != CONDUCT]


def likely_rule(post: Post | None) -> str:
    """Return the most common reason of the post's open flags."""
    counts = Counter(flag.reason for flag in _flags(post) if flag.status == Flag.Status.OPEN)
    return counts.most_common(1)[0][0] if counts else Reason.OTHER


def shared_rule(items: Sequence[ReviewItem]) -> str:
    """Return the reason that all open flags on these items share; Reason.OTHER if they differ or there are none."""
    posts = [item.post_id for item in items if item.post_id]
    open_flags = Flag.objects.filter(post__in=posts, status=Flag.Status.OPEN)
    reasons = set(open_flags.order_by().values_list("reason", flat=True).distinct())
    return reasons.pop() if len(reasons) == 1 else Reason.OTHER


def next_after(item: ReviewItem, moderator: Member) -> ReviewItem | None:
    """Return the most urgent open item that is unassigned or the moderator's own."""
    open_items = ReviewItem.objects.open().exclude(pk=item.pk).exclude(member=moderator)
    free = open_items.filter(claimed_by=None) | open_items.filter(claimed_by=moderator)
    return free.most_urgent_first().first()
