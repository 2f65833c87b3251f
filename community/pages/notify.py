"""Who is notified about what, and how posts and badges look in a list of notifications."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from community.badges.models import Award
from community.events.catalogue import (
    ANSWER_ACCEPTED,
    BADGE_EARNED,
    MEMBER_MENTIONED,
    POST_DELETED,
    POST_HIDDEN,
    REACTION_RECEIVED,
    REPLY_CREATED,
)
from community.events.models import Event
from community.forum.models import Post
from community.members.models import Member
from community.notifications.models import Notification
from community.notifications.services import delete_unread, notify, notify_grouped
from community.notifications.subjects import Subject

Kind = Notification.Kind


def notify_members(events: Sequence[Event]) -> None:
    """Notify the members these events concern; forget posts that were hidden or deleted."""
    posts = _posts(events)
    members = _members(events)
    for event in events:
        if event.name == BADGE_EARNED:
            _notify_of_badge(event)
        elif (post := posts.get(event.object_id or 0)) is not None:
            _NOTIFY_BY_EVENT[event.name](event, post, members)


def _posts(events: Iterable[Event]) -> dict[int, Post]:
    ids = [event.object_id or 0 for event in events if event.object_type == "forum.post"]
    found = Post.objects.filter(pk__in=ids).select_related("author", "topic__author", "parent__author")
    return {post.pk: post for post in found}


def _members(events: Iterable[Event]) -> dict[int | None, Member]:
    events = list(events)
    ids = [event.member_id for event in events] + [event.actor_id for event in events]
    return {
        member.pk: member for member in Member.objects.filter(pk__in=[pk for pk in ids if pk is not None])
    }


def _notify_of_reply(event: Event, post: Post, members: dict[int | None, Member]) -> None:
    concerned = [post.topic.author, *([post.parent.author] if post.parent else [])]
    for member in {member.pk: member for member in concerned}.values():
        _notify_once(member, Kind.REPLY, post, event)


def _notify_of_mention(event: Event, post: Post, members: dict[int | None, Member]) -> None:
    if (member := members.get(event.member_id)) is not None:
        _notify_once(member, Kind.MENTION, post, event)


def _notify_once(member: Member, kind: str, post: Post, event: Event) -> None:
    """Notify a member once about a post, even if it both replies to them and mentions them."""
    earlier = Notification.objects.filter(
        member=member, subject_type="forum.post", subject_id=post.pk, kind__in=(Kind.REPLY, Kind.MENTION)
    )
    if not earlier.exists() and _sees(member, post):
        notify(member, kind=kind, subject=post, actor=post.author, at=event.occurred_at)


def _sees(member: Member, post: Post) -> bool:
    return Post.objects.visible_to(member).filter(pk=post.pk).exists()


def _notify_of_acceptance(event: Event, post: Post, members: dict[int | None, Member]) -> None:
    actor = members.get(event.actor_id)
    notify(post.author, kind=Kind.ACCEPTED, subject=post, actor=actor, at=event.occurred_at)


def _notify_of_like(event: Event, post: Post, members: dict[int | None, Member]) -> None:
    if (actor := members.get(event.actor_id)) is not None:
        notify_grouped(
            post.author,
            kind=Kind.LIKE,
            subject=post,
            actor=actor,
            key=str(event.event_id),
            at=event.occurred_at,
        )


def _forget_post(event: Event, post: Post, members: dict[int | None, Member]) -> None:
    """Remove the notifications that lead to a post that is gone; those from moderators stay."""
    delete_unread(post, kinds=(Kind.REPLY, Kind.MENTION, Kind.LIKE, Kind.ACCEPTED))


_NOTIFY_BY_EVENT: dict[str, Callable[[Event, Post, dict[int | None, Member]], None]] = {
    REPLY_CREATED: _notify_of_reply,
    MEMBER_MENTIONED: _notify_of_mention,
    ANSWER_ACCEPTED: _notify_of_acceptance,
    REACTION_RECEIVED: _notify_of_like,
    POST_HIDDEN: _forget_post,
    POST_DELETED: _forget_post,
}


def _notify_of_badge(event: Event) -> None:
    award = Award.objects.held().filter(pk=event.object_id or 0).select_related("member", "badge").first()
    if award is not None:
        notify(award.member, kind=Kind.BADGE, subject=award, at=event.occurred_at)


def posts_as_subjects(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    posts = Post.objects.visible_to(reader).filter(pk__in=ids).select_related("topic")
    return {post.pk: Subject(post.topic.title, post.get_absolute_url()) for post in posts}


def awards_as_subjects(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    awards = Award.objects.held().filter(pk__in=ids, member=reader).select_related("badge")
    return {award.pk: Subject(award.badge.name, award.badge.get_absolute_url()) for award in awards}
