"""Starting topics and replying to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from community.core.audit import audit
from community.events.catalogue import POST_APPROVED
from community.events.services import record
from community.forum.hooks import ALLOW, Verdict, screened, tell_held
from community.forum.models import Category, Post, Topic
from community.members.models import Member

from . import rendering
from .counting import lock_topic, recount_tags, settle, weight
from .refusal import Refused
from .tagging import set_tags
from .telling import give_back, tell_creation

if TYPE_CHECKING:
    from community.forum.models.topics import TopicQuerySet

# The same words by the same person within this time are one post sent twice.
REPEAT = timedelta(minutes=5)


@transaction.atomic
def create_topic(
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
    """Start a topic with its opening post; the same one sent again within five minutes is the first.

    What a screener holds waits, unseen and untold, for `publish_post`. `screen=False` is for what has been
    judged elsewhere. Raises Refused with the screener's sentence, or for more than five tags.
    """
    now = now or timezone.now()
    title = " ".join(rendering.typed(title).split())
    _one_at_a_time(author)
    if (earlier := _sent_before(author, category, title, source, now)) is not None:
        return earlier
    tags = list(tags)
    verdict = _judge(author, category, None, rendering.everything_said(title, source, tags), screen)
    post = Post(
        kind=Post.Kind.OPENING, number=1, author=author, created_at=now,
        status=_status(verdict), status_reason=verdict.sentence if verdict.hold else "",
    )  # fmt: skip
    mentioned = rendering.write(post, source)
    topic = Topic.objects.create(
        category=category, author=author, last_post_author=author, kind=kind, title=title,
        slug=topic_slug(title), excerpt=rendering.excerpt_of(post.source), status=post.status,
        created_at=now, bumped_at=now, last_number=1,
    )  # fmt: skip
    post.topic = topic
    post.save()
    set_tags(topic, tags)
    settle(topic, was=(category.pk, 0, 0))
    if post.is_published:
        tell_creation(post, topic, mentioned=mentioned)
    else:
        tell_held(post)
    return topic


@transaction.atomic
def create_post(
    topic: Topic,
    *,
    author: Member,
    source: str,
    parent: Post | None = None,
    kind: str = "",
    now: datetime | None = None,
    screen: bool = True,
) -> Post:
    """Reply; the same words sent again within five minutes are the first reply.

    Without a `kind` a reply to a question is an answer; with Kind.COMMENT it stands under `parent`, or under
    what `parent` itself stands under. Raises Refused when the topic is closed or a screener says no.
    """
    now = now or timezone.now()
    topic = lock_topic(topic.pk)
    kind = kind or (Post.Kind.ANSWER if topic.is_question else Post.Kind.REPLY)
    parent = _parent(topic, parent, kind)
    if (earlier := _replied_before(topic, author, source, parent, now)) is not None:
        return earlier
    if screen and topic.is_closed and not author.is_moderator:
        raise Refused("This topic is closed, so nothing can be added to it.")
    verdict = _judge(author, topic.category, topic, source, screen)
    post = Post(
        topic=topic, number=topic.last_number + 1, kind=kind, parent=parent, author=author, created_at=now,
        status=_status(verdict), status_reason=verdict.sentence if verdict.hold else "",
    )  # fmt: skip
    mentioned = rendering.write(post, source)
    post.save()
    topic.last_number = post.number
    topic.save(update_fields=["last_number"])
    settle(topic)
    if post.is_published:
        tell_creation(post, topic, mentioned=mentioned)
    else:
        tell_held(post)
    return post


@transaction.atomic
def publish_post(post: Post, *, actor: Member | None) -> Post:
    """Approve a waiting post: from now on it is seen, and counts as of when it was written.

    With an opening post its topic appears. A post that does not wait is left as it is.
    """
    topic = lock_topic(post.topic_id)
    was = weight(topic)
    post = Post.objects.select_for_update(of=("self",)).select_related("author", "parent").get(pk=post.pk)
    if post.status != Post.Status.PENDING:
        return post
    reason = post.status_reason
    post.status, post.status_reason = Post.Status.PUBLISHED, ""
    mentioned = rendering.write(post, post.source)
    post.save(update_fields=["status", "status_reason", "html", "word_count"])
    if post.is_opening:
        topic.status = Topic.Status.PUBLISHED
        topic.save(update_fields=["status"])
        recount_tags(topic.tags.values_list("pk", flat=True))
    settle(topic, was=was)
    tell_creation(post, topic, mentioned=mentioned)
    give_back(post)  # it may have been in sight before an edit made it wait
    record(POST_APPROVED, actor=actor, member=post.author, subject=post, topic_id=topic.pk)
    audit("post.approve", actor=actor, subject=post, after={"status": post.status}, reason=reason)
    return post


def topic_slug(title: str) -> str:
    return slugify(title)[:100].strip("-") or "topic"


def _one_at_a_time(author: Member) -> None:
    Member.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)


def _judge(author: Member, category: Category, topic: Topic | None, source: str, screen: bool) -> Verdict:
    if not screen:
        return ALLOW
    verdict = screened(author, category, topic, source)
    if verdict.refuse:
        raise Refused(verdict.sentence)
    if category.holds_posts and not verdict.hold and not author.is_team:
        return Verdict(hold=True, sentence="Every post in this category is looked at before it appears.")
    return verdict


def _status(verdict: Verdict) -> str:
    return Post.Status.PENDING if verdict.hold else Post.Status.PUBLISHED


def _sent_before(author: Member, category: Category, title: str, source: str, now: datetime) -> Topic | None:
    recent: TopicQuerySet = Topic.objects.filter(
        author=author, category=category, title=title, created_at__gt=now - REPEAT, created_at__lte=now
    )
    same = recent.filter(posts__kind=Post.Kind.OPENING, posts__source=rendering.typed(source))
    return same.exclude(status=Topic.Status.DELETED).first()


def _replied_before(
    topic: Topic, author: Member, source: str, parent: Post | None, now: datetime
) -> Post | None:
    return (
        topic.posts.filter(author=author, parent=parent, source=rendering.typed(source))
        .filter(created_at__gt=now - REPEAT, created_at__lte=now)
        .exclude(status=Post.Status.DELETED)
        .first()
    )


def _parent(topic: Topic, parent: Post | None, kind: str) -> Post | None:
    if parent is None:
        if kind == Post.Kind.COMMENT:
            raise Refused("A comment belongs under a post.")
        return None
    if parent.topic_id != topic.pk:
        raise Refused("That post is in another topic.")
    if kind == Post.Kind.COMMENT and parent.is_comment:
        return parent.parent
    return parent
