"""What staff do with whole topics: pin, close, move, merge and split."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.events.catalogue import ANSWER_ACCEPTED, QUESTION_RESOLVED, TOPIC_EDITED
from community.events.services import record
from community.forum.kept_pages import topic_changed
from community.forum.models import Category, Post, ReadState, Topic

from . import rendering
from .counting import lock_topic, recount_tags, settle, weight
from .refusal import Refused
from .telling import retract_named
from .writing import topic_slug

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def pin_topic(topic: Topic, *, actor: Member, everywhere: bool = False, now: datetime | None = None) -> Topic:
    """Keep the topic at the top of its category, or of every list."""
    topic = lock_topic(topic.pk)
    if topic.is_pinned and topic.pinned_everywhere == everywhere:
        return topic
    topic.pinned_at, topic.pinned_everywhere = now or timezone.now(), everywhere
    topic.save(update_fields=["pinned_at", "pinned_everywhere"])
    _tell(topic, "pinned", actor=actor, after={"everywhere": everywhere}, now=now)
    return topic


@transaction.atomic
def unpin_topic(topic: Topic, *, actor: Member, now: datetime | None = None) -> Topic:
    topic = lock_topic(topic.pk)
    if not topic.is_pinned:
        return topic
    topic.pinned_at, topic.pinned_everywhere = None, False
    topic.save(update_fields=["pinned_at", "pinned_everywhere"])
    _tell(topic, "unpinned", actor=actor, now=now)
    return topic


@transaction.atomic
def close_topic(topic: Topic, *, actor: Member, reason: str = "", now: datetime | None = None) -> Topic:
    """Let nobody but moderators add to the topic; readers see who closed it and why."""
    topic = lock_topic(topic.pk)
    if topic.is_closed:
        return topic
    topic.closed_at, topic.closed_by, topic.close_reason = now or timezone.now(), actor, reason
    topic.save(update_fields=["closed_at", "closed_by", "close_reason"])
    _tell(topic, "closed", actor=actor, reason=reason, now=now)
    return topic


@transaction.atomic
def reopen_topic(topic: Topic, *, actor: Member, now: datetime | None = None) -> Topic:
    topic = lock_topic(topic.pk)
    if not topic.is_closed:
        return topic
    topic.closed_at, topic.closed_by, topic.close_reason = None, None, ""
    topic.save(update_fields=["closed_at", "closed_by", "close_reason"])
    _tell(topic, "reopened", actor=actor, now=now)
    return topic


@transaction.atomic
def move_topic(topic: Topic, *, to: Category, actor: Member, now: datetime | None = None) -> Topic:
    """Put the topic into another category; where it is already, nothing changes."""
    topic = lock_topic(topic.pk)
    if topic.category_id == to.pk:
        return topic
    was, before = weight(topic), topic.category.slug
    topic.category = to
    topic.save(update_fields=["category"])
    settle(topic, was=was)
    _tell(topic, "moved", actor=actor, before={"category": before}, after={"category": to.slug}, now=now)
    return topic


@transaction.atomic
def merge_topic(topic: Topic, *, into: Topic, actor: Member, now: datetime | None = None) -> Topic:
    """Append all posts of `topic` to another topic, to which its address leads from then on.

    Its opening becomes a reply. An acceptance is lost, because the other topic has an asker of its own.
    Raises Refused for merging a topic into itself or into one that is gone.
    """
    first, second = sorted([topic.pk, into.pk])
    locked = {first: lock_topic(first), second: lock_topic(second)}
    topic, target = locked[topic.pk], locked[into.pk]
    if topic.merged_into_id == target.pk:
        return target
    if topic.pk == target.pk or target.merged_into_id or target.status == Topic.Status.DELETED:
        raise Refused("Choose another topic that is still there.")
    was_topic, was_target = weight(topic), weight(target)
    for post in list(topic.posts.select_for_update()):
        _forget_acceptance(post, asker_topic=topic)
        target.last_number += 1
        post.topic, post.number, post.kind = target, target.last_number, _kind_in(target, post)
        post.save(update_fields=["topic", "number", "kind", "is_accepted"])
    target.save(update_fields=["last_number"])
    topic.status, topic.merged_into = Topic.Status.DELETED, target
    topic.save(update_fields=["status", "merged_into"])
    ReadState.objects.filter(topic=topic).delete()
    settle(topic, was=was_topic)
    settle(target, was=was_target)
    recount_tags(topic.tags.values_list("pk", flat=True))
    _tell(target, "merged", actor=actor, after={"merged": topic.pk}, now=now)
    return target


@transaction.atomic
def split_topic(
    topic: Topic,
    posts: Collection[Post],
    *,
    title: str,
    category: Category,
    kind: str,
    actor: Member,
    now: datetime | None = None,
) -> Topic:
    """Make a topic of its own of these posts and the comments under them; the earliest one opens it.

    Raises Refused for no posts, the opening, an accepted answer, or a comment whose post stays behind.
    """
    topic = lock_topic(topic.pk)
    was = weight(topic)
    chosen = _to_split(topic, {post.pk for post in posts})
    opening = chosen[0]
    title = " ".join(rendering.typed(title).split())
    new = Topic.objects.create(
        category=category, author=opening.author, last_post_author=opening.author, kind=kind, title=title,
        slug=topic_slug(title), excerpt=rendering.excerpt_of(opening.source), status=opening.status,
        created_at=opening.created_at, bumped_at=opening.created_at, last_number=len(chosen),
    )  # fmt: skip
    ids = {post.pk for post in chosen}
    for number, post in enumerate(chosen, start=1):
        post.topic, post.number = new, number
        post.kind = Post.Kind.OPENING if number == 1 else _kind_in(new, post)
        post.parent_id = post.parent_id if post.parent_id in ids and number > 1 else None
        post.save(update_fields=["topic", "number", "kind", "parent"])
    settle(topic, was=was)
    settle(new, was=(category.pk, 0, 0))
    _tell(topic, "split", actor=actor, after={"into": new.pk, "posts": len(chosen)}, now=now)
    return new


def _to_split(topic: Topic, ids: set[int]) -> list[Post]:
    posts = list(topic.posts.select_for_update(of=("self",)).select_related("author"))
    chosen = [post for post in posts if post.pk in ids or (post.is_comment and post.parent_id in ids)]
    if not chosen:
        raise Refused("Choose at least one post to split off.")
    if any(post.is_opening for post in chosen):
        raise Refused("The opening post stays; move the whole topic instead.")
    if any(post.is_accepted for post in chosen):
        raise Refused("Take back the acceptance of the answer before splitting it off.")
    kept = {post.pk for post in chosen}
    if any(post.is_comment and post.parent_id not in kept for post in chosen):
        raise Refused("A comment goes with the post it stands under.")
    return chosen


def _kind_in(topic: Topic, post: Post) -> str:
    """What a post becomes in another topic: only a question has answers, and it takes no new ones by moving."""
    if post.is_comment or (post.is_answer and topic.is_question):
        return post.kind
    return Post.Kind.REPLY


def _forget_acceptance(post: Post, *, asker_topic: Topic) -> None:
    if not post.is_accepted:
        return
    post.is_accepted = False
    why = "the topic was merged"
    retract_named(ANSWER_ACCEPTED, "forum.post", post.pk, "", reason=why)
    retract_named(QUESTION_RESOLVED, "forum.topic", asker_topic.pk, str(post.pk), reason=why)


def _tell(
    topic: Topic, what: str, *, actor: Member, now: datetime | None, reason: str = "", **changes: Any
) -> None:
    at = now or timezone.now()
    topic_changed(topic.pk)
    record(
        TOPIC_EDITED, actor=actor, subject=topic, occurred_at=at, key=f"{what}:{at.isoformat()}", what=[what]
    )
    audit(f"topic.{what}", actor=actor, subject=topic, reason=reason, **changes)
