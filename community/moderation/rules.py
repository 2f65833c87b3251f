"""Who may flag posts, appeal and moderate."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from community.forum.models import Post
from community.members.models import Member

from .models import Flag, Sanction

if TYPE_CHECKING:
    from community.forum.models.categories import Reader

FLAGS_A_DAY = 20


def can_flag(user: Reader, post: Post) -> bool:
    """Return whether the user may flag the post: published, and by someone else."""
    return user.is_authenticated and post.author_id != user.pk and post.status == Post.Status.PUBLISHED


def has_flags_left(member: Member) -> bool:
    """Return whether the member is under the daily limit of flags; staff have none."""
    since = timezone.now() - timedelta(days=1)
    return member.is_team or Flag.objects.filter(member=member, created_at__gt=since).count() < FLAGS_A_DAY


def can_withdraw(user: Reader, flag: Flag) -> bool:
    fresh = timezone.now() - flag.created_at < timedelta(minutes=10)
    return flag.member_id == user.pk and flag.status == Flag.Status.OPEN and fresh


def can_appeal_sanction(member: Member, sanction: Sanction) -> bool:
    return sanction.member_id == member.pk and sanction.lifted_at is None


def can_appeal_post(user: Reader, post: Post) -> bool:
    return user.is_authenticated and post.author_id == user.pk and post.status == Post.Status.HIDDEN


def can_moderate(user: Reader) -> bool:
    return user.is_authenticated and user.is_active and user.is_moderator


def can_sanction(actor: Reader, member: Member) -> bool:
    """Return whether `actor` may sanction `member`: never themselves or a manager, and staff only by managers."""
    if not (actor.is_authenticated and can_moderate(actor)) or actor.pk == member.pk or member.is_manager:
        return False
    return not member.is_team or actor.is_manager
