"""A topic's page as all ordinary members get it, and what is each one's own in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from community.core.holes import Part, fill
from community.core.kept_pages import is_asked_plainly
from community.forum.services import read_states

from . import thread
from .forms import ReplyForm
from .kept_pages import topic_version
from .member_pages import Written, cut, filled, written_for_members
from .models import Category, Post, ReadState, Topic

if TYPE_CHECKING:
    from community.members.models import Member

# The page says how long ago things were: it is kept for so small a part of that, and never longer than this.
PART = 20
LONGEST = 600


@dataclass(frozen=True)
class Facts:
    """What of a page it takes to say what is new there, and which posts are somebody's own."""

    topic_id: int
    author_id: int
    numbers: Mapping[int, int]  # of the posts on the page, by id
    last_number: int
    read_to: int  # how far whoever sees this page has read
    is_whole: bool  # whether the topic has no other page
    written_in: Mapping[int, set[int]]  # by author, the posts that are theirs or have comments of theirs


def facts_of(topic: Topic, context: Mapping[str, Any]) -> Facts:
    page = context["page"]
    numbers = {post.pk: post.number for post in context["everything"]}
    # Where the best stand first, only the last page shows that nothing is left.
    read_to = 0 if topic.best_first and page.has_next() else max(numbers.values(), default=0)
    is_whole = page.paginator.num_pages == 1
    written_in: dict[int, set[int]] = {}
    for post in context["everything"]:
        written_in.setdefault(post.author_id, set()).add(post.parent_id if post.is_comment else post.pk)
    return Facts(topic.pk, topic.author_id, numbers, topic.last_number, read_to, is_whole, written_in)


def first_unread(facts: Facts, before: int | None, mine: Mapping[str, Mapping[int, object]]) -> str:
    """Where the first unread post is: on this page, or by way of the address that finds it; else nothing."""
    if not before or before >= facts.last_number:
        return ""
    new = min(((facts.numbers[pk], pk) for pk in mine["new"]), default=None)
    if new and (facts.is_whole or new[0] == before + 1):
        return f"#p{new[1]}"
    return f"{reverse('forum:topic-unread', args=[facts.topic_id])}?after={before}"


def read(facts: Facts, member: Member, before: int | None) -> None:
    """Remember that the member has seen this page, who had read up to `before`."""
    if before is None or before < facts.read_to:
        read_states.mark_read(Topic(pk=facts.topic_id), member=member, number=facts.read_to)


def shared(request: HttpRequest, topic_id: int, slug: str) -> HttpResponse | None:
    """The page that all ordinary members get, filled in for this one; None for those who need their own."""

    def make(nobodys: HttpRequest) -> tuple[Written, int] | None:
        return _write(nobodys, topic_id, slug, reader_id=request.user.pk or 0)

    written = written_for_members(request, depends_on=topic_version(topic_id), make=make)
    return _filled(request, written) if written else None


def _write(nobodys: HttpRequest, topic_id: int, slug: str, *, reader_id: int) -> tuple[Written, int] | None:
    # Whoever wrote what waits, is hidden or deleted is shown more than its place.
    unseen = Post.objects.filter(topic=topic_id).exclude(status=Post.Status.PUBLISHED).order_by()
    not_for = set(unseen.values_list("author_id", flat=True))
    if reader_id in not_for:
        return None
    topic = thread.find_topic(nobodys.user, topic_id)
    if topic is None or topic.slug != slug or not _is_same_for_all(topic):
        return None
    if topic.is_question:
        not_for.add(topic.author_id)  # who can accept every answer
    if reader_id in not_for:
        return None
    context = thread.thread_page(nobodys, topic) | {"reply_form": ReplyForm()}
    facts = facts_of(topic, context)
    parts = cut(nobodys, render_to_string("forum/topic_detail.html", context, nobodys))
    articles = {
        post.pk: cut(nobodys, render_to_string("forum/_post.html", {**context, "post": post}, nobodys))
        for post in context["posts"]
    }
    number = context["page"].number
    plain = topic.get_absolute_url() + (f"?page={number}" if number > 1 else "")
    longest = LONGEST if is_asked_plainly(nobodys, plain) else settings.KEPT_PAGE_SECONDS
    seconds = seconds_for(context["everything"], longest=longest)
    return Written(parts, (facts, articles), not_for), seconds


def _is_same_for_all(topic: Topic) -> bool:
    """Whether what this topic's page shows does not hang on the groups and the desk of the reader."""
    category = topic.category
    is_open = category.reply_by != Category.Audience.GROUPS and category.kind != Category.Kind.PROSPECT
    return is_open and topic.is_published and topic.merged_into_id is None


def seconds_for(posts: Sequence[Post], *, longest: int = LONGEST) -> int:
    """How long a page with these posts may be kept."""
    newest = max((post.created_at for post in posts), default=timezone.now())
    age = (timezone.now() - newest).total_seconds()
    return max(settings.KEPT_PAGE_SECONDS, min(int(age / PART), longest))


def _own_articles(
    request: HttpRequest, facts: Facts, mine: dict[str, Mapping[int, object]]
) -> dict[int, str]:
    """The posts in which the reader wrote, with what can be done to one's own, which is never new to them."""
    ids = facts.written_in.get(request.user.pk or 0)
    topic = thread.find_topic(request.user, facts.topic_id) if ids else None
    if topic is None:
        return {}
    around = topic.posts.placed_for(request.user).for_reading()
    rows = list(around.filter(Q(pk__in=ids) | Q(parent__in=ids, kind=Post.Kind.COMMENT)))
    mains = [row for row in rows if not row.is_comment]
    comments = [row for row in rows if row.is_comment]
    own = {row.pk for row in rows if row.author_id == request.user.pk}
    mine["new"] = {pk: True for pk in mine["new"] if pk not in own}
    context = thread.posts_context(request, topic, mains, comments, mine=mine)
    return {
        post.pk: render_to_string("forum/_post.html", {**context, "post": post}, request) for post in mains
    }


def _filled(request: HttpRequest, written: Written) -> HttpResponse:
    facts: Facts = written.facts[0]
    articles: Mapping[int, list[Part]] = written.facts[1]
    member = cast("Member", request.user)
    states = ReadState.objects.filter(member=member, topic=facts.topic_id)
    before = states.values_list("last_read_number", flat=True).first()
    mine = thread.marks_of(member, list(facts.numbers))
    mine["new"] = {pk: True for pk, number in facts.numbers.items() if before is not None and number > before}
    own_articles = _own_articles(request, facts, mine)
    read(facts, member, before)
    unread_post = first_unread(facts, before, mine)
    topic = Topic(pk=facts.topic_id, author_id=facts.author_id)
    own = {
        "article": {pk: own_articles.get(pk) or fill(parts, mine) for pk, parts in articles.items()},
        "first_unread": unread_post
        and render_to_string("forum/_first_unread.html", {"unread_post": unread_post}),
        "allowance": render_to_string("moderation/_allowance.html", {"topic": topic, "request": request}),
    }
    return filled(request, written, {**mine, **own})
