"""The review queue: add, claim, release and close items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.ago import phrase
from community.forum.models import Post
from community.forum.services import counters, rendering
from community.members.models import Member
from community.moderation import blocked_words
from community.moderation.models import ReviewItem, ReviewStep


class Conflict(Exception):
    """Someone else changed the item first; the message says who did what."""


@transaction.atomic
def add(
    post: Post,
    *,
    kind: str,
    reason: str,
    priority: int = ReviewItem.Priority.MEDIUM,
    score: Decimal = Decimal(0),
) -> ReviewItem:
    """Add a post to the queue, or update its open item of this kind; there is at most one."""
    Post.objects.select_for_update().get(pk=post.pk)
    item = ReviewItem.objects.open().filter(post=post, kind=kind, sanction=None).first()
    if item is None:
        item = ReviewItem.objects.create(
            kind=kind, post=post, member_id=post.author_id, reason=reason, priority=priority, score=score
        )
        add_step(item, None, _("added this to the queue: %(reason)s") % {"reason": reason})
        return item
    if (item.reason, item.priority, item.score) != (reason, priority, score):
        item.reason, item.priority, item.score = reason, priority, score
        item.version += 1
        item.save(update_fields=["reason", "priority", "score", "version"])
    return item


def add_held(post: Post, why: str) -> None:
    """Add a post that is held for approval."""
    found = blocked_words.found_in(_text_of(post))
    reason = _word_reason(found[0].phrase) if found else why
    add(post, kind=ReviewItem.Kind.HELD, reason=reason)


def add_with_blocked_words(posts: Iterable[Post]) -> None:
    """Add the posts that contain a blocked word and are not in the queue yet."""
    for post in posts:
        found = blocked_words.found_in(_text_of(post))
        queued = ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.FLAGGED)
        if found and not queued.exists():
            add(post, kind=ReviewItem.Kind.FLAGGED, reason=_word_reason(found[0].phrase))


def _text_of(post: Post) -> str:
    """Return the text of a post that the word filter reads, with title and tags for opening posts."""
    text = rendering.filterable_text_of(post)
    if not post.is_opening:
        return text
    return rendering.screening_text(post.topic.title, text, post.topic.tags.values_list("name", flat=True))


def _word_reason(phrase: str) -> str:
    return _("Contains “%(word)s”") % {"word": phrase}


def add_step(item: ReviewItem, actor: Member | None, says: str) -> None:
    """Add an entry to the item's history; `says` is cut to 300 characters."""
    ReviewStep.objects.create(item=item, actor=actor, says=says[:300])


def lock(item: ReviewItem, *, version: int) -> ReviewItem:
    """Lock the topic and the open item, and return the item. Raises Conflict if it changed since the actor saw it."""
    # The topic first, as everywhere: a flag locks it before it updates the item.
    if item.post is not None:
        counters.lock_topic(item.post.topic_id)
    # No join: after waiting for the lock, joined rows would still be those of the time before the wait.
    now = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if now.closed_at is not None:
        raise Conflict(
            _("%(who)s already closed this %(ago)s (%(what)s). Your change was not saved.")
            % {
                "who": now.closed_by or _("Caravan"),
                "ago": _ago(now.closed_at),
                "what": now.get_outcome_display().lower(),
            }
        )
    if now.version != version:
        last = now.steps.select_related("actor").last()
        raise Conflict(
            _(
                "This changed while you were reviewing it (%(last)s). Please check it again. Your change was not saved."
            )
            % {"last": _describe(last)}
        )
    return now


def _ago(moment: datetime) -> str:
    now = timezone.now()
    return phrase(moment, now=now) if now - moment > timedelta(minutes=1) else _("a moment ago")


def _describe(step: ReviewStep | None) -> str:
    if step is None:
        return _("new activity")
    return f"{step.actor}: {step.says}" if step.actor else step.says


@transaction.atomic
def claim(item: ReviewItem, *, actor: Member, version: int, assignee: Member | None = None) -> ReviewItem:
    """Assign the item to `assignee`, by default the actor. Raises Conflict."""
    item = lock(item, version=version)
    owner = assignee or actor
    if item.claimed_by_id == owner.pk:
        return item
    item.claimed_by, item.claimed_at = owner, timezone.now()
    item.version += 1
    item.save(update_fields=["claimed_by", "claimed_at", "version"])
    add_step(
        item,
        actor,
        _("self-assigned this") if owner == actor else _("assigned this to %(name)s") % {"name": owner},
    )
    return item


@transaction.atomic
def release(item: ReviewItem, *, actor: Member, version: int) -> ReviewItem:
    """Unassign the item. Raises Conflict."""
    item = lock(item, version=version)
    if item.claimed_by_id is None:
        return item
    item.claimed_by, item.claimed_at = None, None
    item.version += 1
    item.save(update_fields=["claimed_by", "claimed_at", "version"])
    add_step(item, actor, _("unassigned this"))
    return item


def close(item: ReviewItem, *, actor: Member | None, outcome: str, says: str) -> None:
    """Close an item that the caller has locked."""
    item.outcome, item.closed_at, item.closed_by = outcome, timezone.now(), actor
    item.version += 1
    item.save(update_fields=["outcome", "closed_at", "closed_by", "version"])
    add_step(item, actor, says)
