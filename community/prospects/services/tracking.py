"""The desk state of a topic, derived from its posts; independent of the order of events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from community.forum.models import Category, Post, Topic
from community.members.models import Member
from community.prospects.models import DeskQuestion, ProspectForum

# Members who were not seen for this long are not expected to answer within the grace period.
ACTIVE_WITHIN = timedelta(days=30)

State = DeskQuestion.State
_DERIVED = (
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
    """Update the desk question of a topic from its posts; writes nothing when nothing differs.

    Return None for a topic that is not a prospect's in a prospect forum.
    """
    topic = (
        Topic.objects.select_for_update(of=("self",))
        .select_related("author", "category")
        .filter(pk=topic_id)
        .first()
    )
    question = DeskQuestion.objects.filter(topic=topic_id).first()
    forum = _forum_of(topic) if topic else None
    if topic is None or forum is None:
        if question and question.state != State.GONE:
            question.state = State.GONE
            question.save(update_fields=["state"])
        return None
    derived = _derive(topic, forum, settled_at=question.settled_at if question else None)
    if question is None:
        return DeskQuestion.objects.create(topic=topic, **derived)
    changed = [name for name in _DERIVED if getattr(question, name) != derived[name]]
    for name in changed:
        setattr(question, name, derived[name])
    if question.state != State.OPEN and question.claimed_by_id is not None:
        question.claimed_by, question.claimed_at = None, None
        changed += ["claimed_by", "claimed_at"]
    if changed:
        question.save(update_fields=changed)
    return question


def _forum_of(topic: Topic) -> ProspectForum | None:
    if topic.author.is_team or topic.category.kind != Category.Kind.PROSPECT:
        return None
    # A category that becomes a prospect forum in the admin starts with the default response time.
    return ProspectForum.objects.get_or_create(category=topic.category)[0]


def _derive(topic: Topic, forum: ProspectForum, *, settled_at: datetime | None) -> dict[str, Any]:
    posts = list(
        Post.objects.filter(topic=topic, status=Post.Status.PUBLISHED)
        .exclude(kind=Post.Kind.OPENING)
        .select_related("author")
        .order_by("created_at", "pk")
    )
    peers = [post for post in posts if not post.author.is_team and post.author_id != topic.author_id]
    staff = [post for post in posts if post.author.is_team]
    waiting_since = _waiting_since(topic, posts, staff)
    grace = forum.grace if has_active_peers(topic) else timedelta(0)
    return {
        "forum": forum,
        "state": _state(topic, waiting_since, settled_at),
        "asked_at": topic.created_at,
        "waiting_since": waiting_since or topic.created_at,
        "opens_at": topic.created_at + grace,
        "due_at": forum.due_at(waiting_since or topic.created_at),
        "first_peer_at": peers[0].created_at if peers else None,
        "first_staff_at": staff[0].created_at if staff else None,
        "peer_replies": len(peers),
        "staff_replies": len(staff),
    }


def _waiting_since(topic: Topic, posts: Sequence[Post], staff: Sequence[Post]) -> datetime | None:
    """Return since when the asker has been waiting for staff; None when staff replied last."""
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
    # A post by the asker after it was settled opens it again.
    return State.SETTLED if settled_at and settled_at >= _last_post_by_asker(topic) else State.OPEN


def _last_post_by_asker(topic: Topic) -> datetime:
    """Return when the asker last wrote."""
    own = Post.objects.filter(topic=topic, author=topic.author, status=Post.Status.PUBLISHED)
    return own.aggregate(last=Max("created_at"))["last"] or topic.created_at


def has_active_peers(topic: Topic) -> bool:
    """Whether any non-staff member other than the asker was seen lately and may reply there."""
    peers = Member.objects.claimed().exclude_team().exclude(pk=topic.author_id)
    peers = peers.filter(is_active=True, last_seen_at__gt=topic.created_at - ACTIVE_WITHIN)
    if topic.category.reply_by == Category.Audience.GROUPS:
        peers = peers.filter(groups__in=topic.category.reply_groups.all())
    return bool(peers.exists())
