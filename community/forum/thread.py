"""One page of a topic, put together in as few statements as it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest

from community.core.pagination import PER_PAGE, page_of

from . import rules
from .hooks import own_marks, thread_decorations
from .models import Like, Post, Topic

if TYPE_CHECKING:
    from .models.categories import Reader


@dataclass(frozen=True)
class Shown:
    """A post as this reader meets it."""

    words: bool  # whether it can be read, or leaves only a stub
    can_edit: bool
    can_delete: bool
    can_restore: bool
    can_like: bool


def find_topic(reader: Reader, topic_id: int) -> Topic | None:
    """Return the topic with what its page shows of it, or None when there is none for this reader."""
    topics = Topic.objects.visible_to(reader).filter(pk=topic_id)
    return (
        topics.with_tag_list()
        .with_reading_of(reader)
        .select_related("category", "category__parent", "author", "closed_by")
        .defer("search")
        .first()
    )


def thread_page(request: HttpRequest, topic: Topic) -> dict[str, Any]:
    """The context of one page of a topic; Http404 for a page number that is none."""
    reader = request.user
    posts = topic.posts.placed_for(reader).for_reading()
    posts = posts.in_reading_order(best_first=topic.best_first)
    if topic.last_number <= PER_PAGE:
        page = page_of(request, posts, total=PER_PAGE)
        rows = list(page.object_list)
        mains = [post for post in rows if not post.is_comment]
        comments = [post for post in rows if post.is_comment]
    else:
        page = page_of(request, posts.standing_alone())
        mains = list(page.object_list)
        comments = list(posts.filter(kind=Post.Kind.COMMENT, parent__in=mains))
    return {**posts_context(request, topic, mains, comments), "page": page}


def posts_context(
    request: HttpRequest,
    topic: Topic,
    mains: Sequence[Post],
    comments: Sequence[Post],
    *,
    mine: Mapping[str, Mapping[int, object]] | None = None,
) -> dict[str, Any]:
    """What `forum/_post.html` needs for these posts, with what the apps above add; `mine` when it is known."""
    reader = request.user
    everything = [*mains, *comments]
    for post in everything:
        post.topic = topic
        post.shown = _shown(reader, topic, post)
    under: dict[int | None, list[Post]] = {}
    for comment in sorted(comments, key=lambda comment: comment.number):
        under.setdefault(comment.parent_id, []).append(comment)
    for post in mains:
        post.comments = under.get(post.pk, [])
    return {
        "topic": topic,
        "posts": mains,
        "everything": everything,
        "mine": mine or _mine(reader, topic, everything),
        "can_reply": rules.can_reply(reader, topic),
        "can_moderate": rules.is_moderator(reader),
        **thread_decorations(reader, topic, everything),
    }


def one_post(request: HttpRequest, post: Post) -> dict[str, Any]:
    """The context to show one post of a topic again after something was done to it."""
    reader = request.user
    topic = find_topic(reader, post.topic_id)
    if topic is None:
        raise Topic.DoesNotExist
    main_id = post.parent_id if post.is_comment else post.pk
    around = topic.posts.placed_for(reader).for_reading()
    rows = list(around.filter(Q(pk=main_id) | Q(parent=main_id, kind=Post.Kind.COMMENT)))
    mains = [row for row in rows if row.pk == main_id]
    context = posts_context(request, topic, mains, [row for row in rows if row.pk != main_id])
    return {**context, "post": mains[0]}


def page_number(reader: Reader, post: Post, topic: Topic) -> int:
    """On which page of its topic this reader finds the post, or the one it stands under."""
    main = post.parent if post.is_comment and post.parent else post
    if main.is_opening or topic.last_number <= PER_PAGE:
        return 1
    posts = topic.posts.placed_for(reader).standing_alone()
    before = Q(number__lt=main.number)
    if topic.best_first:
        before = Q(kind=Post.Kind.OPENING) | Q(is_accepted__gt=main.is_accepted)
        same = Q(is_accepted=main.is_accepted)
        before |= same & (Q(score__gt=main.score) | Q(score=main.score, number__lt=main.number))
    return posts.filter(before).exclude(pk=main.pk).count() // PER_PAGE + 1


def first_unread(reader: Reader, topic: Topic, *, after: int) -> Post | None:
    """The first post by someone else after number `after`, else the last one there is."""
    posts = topic.posts.published().select_related("parent").defer("source", "html", "search")
    unread = posts.filter(number__gt=after)
    if reader.is_authenticated:
        unread = unread.exclude(author=reader)
    return unread.order_by("number").first() or posts.order_by("-number").first()


def read_before(topic: Topic) -> int | None:
    """How far the reader had read when the topic was found; None when never opened."""
    number: int | None = getattr(topic, "read_number", None)
    return number


def marks_of(reader: Reader, post_ids: Sequence[int]) -> dict[str, Mapping[int, object]]:
    """What the reader did to these posts, for the holes in their page; one statement and those of `own_marks`."""
    if not (reader.is_authenticated and reader.pk):
        return {}
    liked = Like.objects.filter(member=reader, post__in=post_ids).values_list("post", flat=True)
    return {"liked": dict.fromkeys(liked, True), **own_marks(reader, post_ids)}


def _mine(reader: Reader, topic: Topic, posts: Sequence[Post]) -> dict[str, Mapping[int, object]]:
    return marks_of(reader, [post.pk for post in posts]) | {"new": _new(reader, topic, posts)}


def _new(reader: Reader, topic: Topic, posts: Sequence[Post]) -> dict[int, bool]:
    """By post, those of others that were written since the reader was here."""
    read = read_before(topic)
    if read is None:
        return {}
    return {post.pk: True for post in posts if post.number > read and post.author_id != reader.pk}


def _shown(reader: Reader, topic: Topic, post: Post) -> Shown:
    return Shown(
        words=rules.can_read_words(reader, post),
        can_edit=rules.can_edit_post(reader, post, topic),
        can_delete=rules.can_delete_post(reader, post, topic),
        can_restore=rules.can_restore_post(reader, post),
        can_like=rules.can_like(reader, post),
    )
