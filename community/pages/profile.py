"""Data for a profile, limited to what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from community.badges.models import Award, Badge
from community.forum.models import Post, Topic
from community.members.models import Member

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    Reader = Member | AnonymousUser

TABS = {"": _("Overview"), "topics": _("Topics"), "answers": _("Answers"), "replies": _("Replies")}


@dataclass(frozen=True)
class Figures:
    """What a member has written, counted over what the reader may read."""

    topics: int
    answers: int
    accepted: int
    replies: int
    likes: int


@dataclass(frozen=True)
class Held:
    """A badge and how often the member has it."""

    badge: Badge
    times: int


def figures(member: Member, reader: Reader) -> Figures:
    answer = Q(kind=Post.Kind.ANSWER)
    row = written(member, reader).aggregate(
        topics=Count("pk", filter=Q(kind=Post.Kind.OPENING)),
        answers=Count("pk", filter=answer),
        accepted=Count("pk", filter=answer & Q(is_accepted=True)),
        replies=Count("pk", filter=Q(kind__in=(Post.Kind.REPLY, Post.Kind.COMMENT))),
        likes=Sum("like_count", default=0),
    )
    return Figures(**row)


def written(member: Member, reader: Reader) -> QuerySet[Post]:
    """Return the member's published posts that the reader may read, newest first."""
    posts = Post.objects.visible_to(reader).filter(author=member, status=Post.Status.PUBLISHED)
    return posts.filter(topic__status=Topic.Status.PUBLISHED).order_by("-created_at", "-pk")


def waiting(member: Member, *, number: int = 20) -> list[Post]:
    """Return the member's posts waiting for approval, newest first. Only the member may see them here."""
    posts = Post.objects.visible_to(member).filter(author=member, status=Post.Status.PENDING)
    return list(posts.order_by("-created_at", "-pk").select_related("topic")[:number])


def tab_posts(member: Member, reader: Reader, tab: str) -> QuerySet[Post]:
    kinds: dict[str, tuple[str, ...]] = {
        "topics": (Post.Kind.OPENING,),
        "answers": (Post.Kind.ANSWER,),
        "replies": (Post.Kind.REPLY, Post.Kind.COMMENT),
    }
    posts = written(member, reader).filter(kind__in=kinds[tab])
    return posts.select_related("topic", "topic__category")


def best_answers(member: Member, reader: Reader, *, number: int = 3) -> list[Post]:
    answers = written(member, reader).filter(Q(kind=Post.Kind.ANSWER), Q(is_accepted=True) | Q(score__gt=0))
    return list(answers.order_by("-is_accepted", "-score", "-pk").select_related("topic")[:number])


def newest_topics(member: Member, reader: Reader, *, number: int = 5) -> list[Post]:
    return list(tab_posts(member, reader, "topics")[:number])


def badges(member: Member) -> list[Held]:
    """Return the badges the member has, the rarest level first."""
    times: dict[int, Held] = {}
    for award in Award.objects.of_member(member):
        earlier = times.get(award.badge_id)
        times[award.badge_id] = Held(award.badge, (earlier.times if earlier else 0) + 1)
    order: dict[str, Any] = {Badge.Level.GOLD: 0, Badge.Level.SILVER: 1, Badge.Level.BRONZE: 2}
    return sorted(times.values(), key=lambda held: (order[held.badge.level], held.badge.position))
