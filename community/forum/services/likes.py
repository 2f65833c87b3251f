"""Likes on posts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.permissions import Refused
from community.events.catalogue import REACTION_GIVEN, REACTION_RECEIVED
from community.events.services.recording import record
from community.forum.models import Like, Post, Topic

from . import counters, post_events

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def add(post: Post, *, member: Member, now: datetime | None = None) -> Post:
    """Like a post; idempotent. Raises Refused for the member's own posts and unpublished ones."""
    post = _lock(post)
    if post.author_id == member.pk:
        raise Refused(_("You cannot like your own posts."))
    if not post.is_published:
        raise Refused(_("You cannot like this post at the moment."))
    now = now or timezone.now()
    _like, is_new = Like.objects.get_or_create(post=post, member=member, defaults={"created_at": now})
    if not is_new:
        return post
    _count(post, 1)
    record(
        REACTION_GIVEN,
        actor=member,
        subject=post,
        occurred_at=now,
        key=str(member.pk),
        type="like",
        topic_id=post.topic_id,
    )
    record(
        REACTION_RECEIVED,
        actor=member,
        member=post.author,
        counterpart=member,
        subject=post,
        occurred_at=now,
        key=str(member.pk),
        type="like",
        topic_id=post.topic_id,
    )
    return post


@transaction.atomic
def remove(post: Post, *, member: Member) -> Post:
    """Remove a like and retract its events; idempotent."""
    post = _lock(post)
    deleted, _rows = Like.objects.filter(post=post, member=member).delete()
    if not deleted:
        return post
    _count(post, -1)
    for name in (REACTION_GIVEN, REACTION_RECEIVED):
        post_events.retract_one(name, "forum.post", post.pk, str(member.pk), reason="the like was taken back")
    return post


def _lock(post: Post) -> Post:
    """Lock the topic, whose likes are counted too, and the post, in this order as everywhere."""
    counters.lock_topic(post.topic_id)
    return Post.objects.select_for_update(of=("self",), no_key=True).select_related("author").get(pk=post.pk)


def _count(post: Post, change: int) -> None:
    post.like_count += change
    post.save(update_fields=["like_count"])
    if post.is_published:
        Topic.objects.filter(pk=post.topic_id).update(like_count=F("like_count") + change)
