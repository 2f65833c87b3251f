"""What the posts of a topic mean for the desk. Worked out anew each time, so the order of events is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from community.forum.models import Category, Post, Topic
from community.members.models import Member
from community.prospects.models import DeskQuestion, ProspectForum

# Somebody who has not been here for so long will not answer within the grace period either.
AROUND = timedelta(days=30)

State = DeskQuestion.State
_WORKED_OUT = (
    "forum",
    "state",
    "asked_at",
    "waiting_since",
    "opens_at",
    "due_at",
    "first_peer_at",
    "first_staff_at",
    "peer_replies",
    "staff_replies",
)


@transaction.atomic
def track_topic(topic_id: int) -> DeskQuestion | None:
    """Bring what the desk keeps of a topic in step with its posts; writes nothing when nothing differs.

    Return None for a topic that no prospect asked in a prospect forum.
    """
    topic = (
        Topic.objects.select_for_update(of=("self",))
        .select_related("author", "category")
        .filter(pk=topic_id)
        .first()
    )
    standing = DeskQuestion.objects.filter(topic=topic_id).first()
    forum = _forum_of(topic) if topic else None
    if topic is None or forum is None:
        if standing and standing.state != State.GONE:
            standing.state = State.GONE
            standing.save(update_fields=["state"])
        return None
    now_is = _work_out(topic, forum, settled_at=standing.settled_at if standing else None)
    if standing is None:
        return DeskQuestion.objects.create(topic=topic, **now_is)
    changed = [name for name in _WORKED_OUT if getattr(standing, name) != now_is[name]]
    for name in changed:
        setattr(standing, name, now_is[name])
    if standing.state != State.OPEN and standing.claimed_by_id is not None:
        standing.claimed_by, standing.claimed_at = None, None
        changed += ["claimed_by", "claimed_at"]
    if changed:
        standing.save(update_fields=changed)
    return standing


def _forum_of(topic: Topic) -> ProspectForum | None:
    if topic.author.is_team or topic.category.kind != Category.Kind.PROSPECT:
        return None
    # A category turned into a prospect forum in the admin has the usual promise until somebody sets another.
    return ProspectForum.objects.get_or_create(category=topic.category)[0]


def _work_out(topic: Topic, forum: ProspectForum, *, settled_at: datetime | None) -> dict[str, Any]:
    posts = list(
        Post.objects.filter(topic=topic, status=Post.Status.PUBLISHED)
        .exclude(kind=Post.Kind.OPENING)
        .select_related("author")
        .order_by("created_at", "pk")
    )
    peers = [post for post in posts if not post.author.is_team and post.author_id != topic.author_id]
    staff = [post for post in posts if post.author.is_team]
    waiting_since = _waiting_since(topic, posts, staff)
    grace = forum.grace if peers_around(topic) else timedelta(0)
    return {
        "forum": forum,
        "state": _state(topic, waiting_since, settled_at),
        "asked_at": topic.created_at,
        "waiting_since": waiting_since or topic.created_at,
        "opens_at": topic.created_at + grace,
        "due_at": (waiting_since or topic.created_at) + forum.promise,
        "first_peer_at": peers[0].created_at if peers else None,
        "first_staff_at": staff[0].created_at if staff else None,
        "peer_replies": len(peers),
        "staff_replies": len(staff),
    }


def _waiting_since(topic: Topic, posts: Sequence[Post], staff: Sequence[Post]) -> datetime | None:
    """Return since when the asker waits for staff; None when staff had the last word."""
    if not staff:
        return topic.created_at
    last = staff[-1].created_at
    later = [
        post.created_at for post in posts if post.author_id == topic.author_id and post.created_at > last
    ]
    return later[0] if later else None


def _state(topic: Topic, waiting_since: datetime | None, settled_at: datetime | None) -> str:
    if topic.status != Topic.Status.PUBLISHED:
        return State.GONE
    if topic.is_solved or topic.is_closed:
        return State.SETTLED
    if waiting_since is None:
        return State.ANSWERED
    # What the asker writes after it was settled opens it again.
    return State.SETTLED if settled_at and settled_at >= _last_word(topic) else State.OPEN


def _last_word(topic: Topic) -> datetime:
    """Return when the asker last wrote."""
    own = Post.objects.filter(topic=topic, author=topic.author, status=Post.Status.PUBLISHED)
    return own.aggregate(last=Max("created_at"))["last"] or topic.created_at


def peers_around(topic: Topic) -> bool:
    """Say whether anybody but staff could answer: seen of late, able to reply there, not the asker."""
    peers = Member.objects.claimed().exclude_team().exclude(pk=topic.author_id)
    peers = peers.filter(is_active=True, last_seen_at__gt=topic.created_at - AROUND)
    if topic.category.reply_by == Category.Audience.GROUPS:
        peers = peers.filter(groups__in=topic.category.reply_groups.all())
    return bool(peers.exists())
