"""The life cycle of topics: created and edited by authors; pinned, closed, moved, merged and split by staff."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core import page_cache
from community.core.audit import audit
from community.core.permissions import Refused
from community.core.rendered_html import excerpt_of
from community.core.text import url_words
from community.events.catalogue import ANSWER_ACCEPTED, QUESTION_RESOLVED, TOPIC_EDITED
from community.events.services.recording import record
from community.forum import screening
from community.forum.models import Category, Post, Topic

from . import counters, post_events, read_states, rendering, revisions
from . import tags as tag_service

if TYPE_CHECKING:
    from community.forum.models.topics import TopicQuerySet
    from community.members.models import Member

# The same text by the same person within this time was sent twice by mistake.
DUPLICATE_WINDOW = timedelta(minutes=5)


@transaction.atomic
def create(
    category: Category,
    *,
    author: Member,
    kind: str,
    title: str,
    source: str,
    tags: Iterable[str] = (),
    now: datetime | None = None,
    screen: bool = True,
) -> Topic:
    """Start a topic with its opening post. The same one sent again within DUPLICATE_WINDOW returns the first.

    A topic held by a screener waits for `posts.approve` and records no event until then. Pass `screen=False`
    for content that was already screened. Raises Refused if a screener refuses it, or for too many tags.
    """
    now = now or timezone.now()
    title = " ".join(rendering.normalize(title).split())
    counters.lock_author(author)
    if (earlier := _find_duplicate(author, category, title, source, now)) is not None:
        return earlier
    tags = list(tags)
    text = rendering.screening_text(title, source, tags)
    verdict = screening.screen_post(author, category, None, text) if screen else screening.ALLOW
    post = Post(
        kind=Post.Kind.OPENING,
        number=1,
        author=author,
        created_at=now,
        status=Post.Status.PENDING if verdict.hold else Post.Status.PUBLISHED,
        status_reason=verdict.sentence if verdict.hold else "",
    )
    mentioned = rendering.set_source(post, source, category=category)
    topic = _create(category, post, kind=kind, title=title, last_number=1)
    post.topic = topic
    post.save()
    tag_service.assign(topic, tags)
    counters.refresh(topic, before=(category.pk, 0, 0))
    if post.is_published:
        post_events.record_creation(post, topic, mentioned=mentioned)
    else:
        screening.announce_held(post)
    return topic


@transaction.atomic
def edit(
    topic: Topic,
    *,
    actor: Member,
    title: str,
    tags: Sequence[str],
    reason: str = "",
    now: datetime | None = None,
) -> Topic:
    """Change a topic's title and tags; idempotent. Raises Refused for too many tags."""
    topic = counters.lock_topic(topic.pk)
    now = now or timezone.now()
    title = " ".join(rendering.normalize(title).split())
    before = {"title": topic.title, "tags": [tag.name for tag in topic.tags.all()]}
    what = ["title"] if title != topic.title else []
    if set(before["tags"]) != set(filter(None, map(tag_service.normalize, tags))):
        what.append("tags")
    if not what:
        return topic
    opening = topic.posts.select_for_update().get(kind=Post.Kind.OPENING)
    opening.topic = topic
    revisions.save_first(opening)
    after = {"title": title, "tags": tag_service.assign(topic, tags)}
    topic.title, topic.slug = title, slug(title)
    topic.save(update_fields=["title", "slug"])
    revisions.add(opening, actor=actor, reason=reason, now=now)
    page_cache.invalidate_on_commit()
    if topic.is_published:
        key = str(opening.revision_count)
        record(TOPIC_EDITED, actor=actor, subject=topic, occurred_at=now, key=key, what=what)
    if actor.pk != topic.author_id:
        audit("topic.edit", actor=actor, subject=topic, reason=reason, before=before, after=after)
    return topic


@transaction.atomic
def pin(topic: Topic, *, actor: Member, everywhere: bool = False, now: datetime | None = None) -> Topic:
    """Pin the topic to the top of its category, or of every list; idempotent."""
    topic = counters.lock_topic(topic.pk)
    if topic.is_pinned and topic.pinned_everywhere == everywhere:
        return topic
    topic.pinned_at, topic.pinned_everywhere = now or timezone.now(), everywhere
    topic.save(update_fields=["pinned_at", "pinned_everywhere"])
    _record(topic, "pinned", actor=actor, after={"everywhere": everywhere}, now=now)
    return topic


@transaction.atomic
def unpin(topic: Topic, *, actor: Member, now: datetime | None = None) -> Topic:
    topic = counters.lock_topic(topic.pk)
    if not topic.is_pinned:
        return topic
    topic.pinned_at, topic.pinned_everywhere = None, False
    topic.save(update_fields=["pinned_at", "pinned_everywhere"])
    _record(topic, "unpinned", actor=actor, now=now)
    return topic


@transaction.atomic
def close(topic: Topic, *, actor: Member, reason: str = "", now: datetime | None = None) -> Topic:
    """Close the topic to everyone but moderators; idempotent. Readers see who closed it and why."""
    topic = counters.lock_topic(topic.pk)
    if topic.is_closed:
        return topic
    topic.closed_at, topic.closed_by, topic.close_reason = now or timezone.now(), actor, reason
    topic.save(update_fields=["closed_at", "closed_by", "close_reason"])
    _record(topic, "closed", actor=actor, reason=reason, now=now)
    return topic


@transaction.atomic
def reopen(topic: Topic, *, actor: Member, now: datetime | None = None) -> Topic:
    topic = counters.lock_topic(topic.pk)
    if not topic.is_closed:
        return topic
    topic.closed_at, topic.closed_by, topic.close_reason = None, None, ""
    topic.save(update_fields=["closed_at", "closed_by", "close_reason"])
    _record(topic, "reopened", actor=actor, now=now)
    return topic


@transaction.atomic
def move(topic: Topic, *, to: Category, actor: Member, now: datetime | None = None) -> Topic:
    """Move the topic to another category; idempotent."""
    topic = counters.lock_topic(topic.pk)
    if topic.category_id == to.pk:
        return topic
    before, slug_before = counters.contribution(topic), topic.category.slug
    topic.category = to
    topic.save(update_fields=["category"])
    counters.refresh(topic, before=before)
    _record(
        topic, "moved", actor=actor, before={"category": slug_before}, after={"category": to.slug}, now=now
    )
    return topic


@transaction.atomic
def merge(topic: Topic, *, into: Topic, actor: Member, now: datetime | None = None) -> Topic:
    """Append all posts of `topic` to another topic, and redirect its URL there; idempotent.

    The opening post becomes a reply, and an accepted answer is no longer accepted, because the other topic has its own
    asker. Readers keep their place. Raises Refused if `into` is the same topic or deleted, or if either topic is
    already merged.
    """
    first, second = sorted([topic.pk, into.pk])
    locked = {first: counters.lock_topic(first), second: counters.lock_topic(second)}
    topic, target = locked[topic.pk], locked[into.pk]
    if topic.merged_into_id == target.pk:
        return target
    merged_already = topic.merged_into_id or target.merged_into_id
    if topic.pk == target.pk or merged_already or target.status == Topic.Status.DELETED:
        raise Refused(_("Choose another topic that has not been deleted."))
    topic_before, target_before = counters.contribution(topic), counters.contribution(target)
    read_states.carry_over(topic, target)
    for post in list(topic.posts.select_for_update()):
        _clear_acceptance(post, asker_topic=topic)
        target.last_number += 1
        post.topic, post.number, post.kind = target, target.last_number, _kind_in(target, post)
        post.save(update_fields=["topic", "number", "kind", "is_accepted"])
    target.save(update_fields=["last_number"])
    topic.status, topic.merged_into = Topic.Status.DELETED, target
    topic.save(update_fields=["status", "merged_into"])
    # Topics merged into this one earlier now redirect straight to the target.
    Topic.objects.filter(merged_into=topic).update(merged_into=target)
    counters.refresh(topic, before=topic_before)
    counters.refresh(target, before=target_before)
    counters.recount_tags(topic.tags.values_list("pk", flat=True))
    _record(target, "merged", actor=actor, after={"merged": topic.pk}, now=now)
    _record_edit(topic, "merged_away", actor=actor, at=now or timezone.now())
    return target


@transaction.atomic
def split(
    topic: Topic,
    posts: Collection[Post],
    *,
    title: str,
    category: Category,
    kind: str,
    actor: Member,
    now: datetime | None = None,
) -> Topic:
    """Split posts and their comments off into a new topic; the earliest one becomes its opening.

    Raises Refused for no posts, the opening, an accepted answer, or a comment without its parent.
    """
    topic = counters.lock_topic(topic.pk)
    before = counters.contribution(topic)
    chosen = _posts_to_split(topic, {post.pk for post in posts})
    opening = chosen[0]
    title = " ".join(rendering.normalize(title).split())
    new = _create(category, opening, kind=kind, title=title, last_number=len(chosen))
    ids = {post.pk for post in chosen}
    for number, post in enumerate(chosen, start=1):
        post.topic, post.number = new, number
        post.kind = Post.Kind.OPENING if number == 1 else _kind_in(new, post)
        post.parent_id = post.parent_id if post.parent_id in ids and number > 1 else None
        post.save(update_fields=["topic", "number", "kind", "parent"])
    counters.refresh(topic, before=before)
    counters.refresh(new, before=(category.pk, 0, 0))
    _record(topic, "split", actor=actor, after={"into": new.pk, "posts": len(chosen)}, now=now)
    return new


def slug(title: str) -> str:
    """Return the slug for the topic's URL."""
    return url_words(title, length=100) or "topic"


def _create(category: Category, opening: Post, *, kind: str, title: str, last_number: int) -> Topic:
    """Create the topic for an opening post."""
    return Topic.objects.create(
        category=category,
        author=opening.author,
        last_post_author=opening.author,
        kind=kind,
        title=title,
        slug=slug(title),
        excerpt=excerpt_of(opening.html),
        status=opening.status,
        created_at=opening.created_at,
        bumped_at=opening.created_at,
        last_number=last_number,
    )


def _find_duplicate(
    author: Member, category: Category, title: str, source: str, now: datetime
) -> Topic | None:
    recent: TopicQuerySet = Topic.objects.filter(
        author=author,
        category=category,
        title=title,
        created_at__gt=now - DUPLICATE_WINDOW,
        created_at__lte=now,
    )
    same = recent.filter(posts__kind=Post.Kind.OPENING, posts__source=rendering.normalize(source))
    return same.exclude(status=Topic.Status.DELETED).first()


def _posts_to_split(topic: Topic, ids: set[int]) -> list[Post]:
    posts = list(topic.posts.select_for_update(of=("self",)).select_related("author"))
    chosen = [post for post in posts if post.pk in ids or (post.is_comment and post.parent_id in ids)]
    if not chosen:
        raise Refused(_("Choose at least one post to move."))
    if any(post.is_opening for post in chosen):
        raise Refused(_("You cannot split off the opening post. Move the whole topic instead."))
    if any(post.is_accepted for post in chosen):
        raise Refused(_("Unmark the accepted answer before you split it off."))
    chosen_ids = {post.pk for post in chosen}
    if any(post.is_comment and post.parent_id not in chosen_ids for post in chosen):
        raise Refused(_("You cannot split off a comment. Choose the post it belongs to."))
    return chosen


def _kind_in(topic: Topic, post: Post) -> str:
    """Return the post's kind in another topic: answers outside questions become replies, never the reverse."""
    if post.is_comment or (post.is_answer and topic.is_question):
        return post.kind
    return Post.Kind.REPLY


def _clear_acceptance(post: Post, *, asker_topic: Topic) -> None:
    if not post.is_accepted:
        return
    post.is_accepted = False
    why = "the topic was merged"
    post_events.retract_one(ANSWER_ACCEPTED, "forum.post", post.pk, "", reason=why)
    post_events.retract_one(QUESTION_RESOLVED, "forum.topic", asker_topic.pk, str(post.pk), reason=why)


def _record(
    topic: Topic, what: str, *, actor: Member, now: datetime | None, reason: str = "", **changes: Any
) -> None:
    page_cache.invalidate_on_commit()
    _record_edit(topic, what, actor=actor, at=now or timezone.now())
    audit(f"topic.{what}", actor=actor, subject=topic, reason=reason, **changes)


def _record_edit(topic: Topic, what: str, *, actor: Member, at: datetime) -> None:
    record(
        TOPIC_EDITED, actor=actor, subject=topic, occurred_at=at, key=f"{what}:{at.isoformat()}", what=[what]
    )
