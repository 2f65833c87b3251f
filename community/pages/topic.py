"""A page of a topic: reads the facts of each app once and builds a PostView per post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from community.core.addresses import address
from community.core.pagination import PER_PAGE
from community.core.pagination import page_of as paginate
from community.core.prepared import Prepared, compiled_at_start
from community.forum import queries as forum
from community.forum import rules
from community.forum.models import Post, Topic
from community.importers.services.attribution import Attribution, attribution_of, with_origin
from community.members.models import details
from community.moderation import rules as moderation
from community.moderation.models import ReviewItem
from community.prospects import queries as prospects
from community.qa import queries as qa
from community.qa import rules as qa_rules
from community.qa.models import OfficialMark, Question
from journeys import rules as journeys
from journeys.models import MemberState
from journeys.reports.overview import chips

if TYPE_CHECKING:
    from community.forum.models.categories import Reader
    from community.forum.models.posts import PostQuerySet
    from community.forum.models.topics import TopicQuerySet
    from community.members.models import Member

_TOPIC = Post._meta.get_field("topic")


@dataclass(slots=True)
class PostView:
    """A post as one reader sees it."""

    post: Post
    id: int
    author: Member
    is_own: bool
    is_readable: bool  # otherwise shown as a stub
    is_new: bool
    can_edit: bool
    can_accept: bool
    can_delete: bool
    can_restore: bool
    can_like: bool
    is_liked: bool
    takes_votes: bool
    vote: int  # 1, -1 or 0
    official_mark: OfficialMark | None
    attribution: Attribution | None
    review: ReviewItem | None
    stage: MemberState | None
    roster_entry: Any  # the name and title of staff in a prospect forum
    has_menu: bool
    asks_for_picture: bool  # of its author, who reads it
    path: str  # prefix of the post's action URLs
    permalink: str
    comments: list[PostView] = field(default_factory=list)


@dataclass(slots=True)
class TopicPage:
    """Everything a topic page or fragment needs."""

    topic: Topic
    reader: Reader
    is_logged_in: bool
    posts: list[PostView]
    pages: Page[Any] | None  # None where only some posts are shown
    acceptance: Question | None
    can_reply: bool
    can_moderate: bool
    can_accept: bool  # answers of this topic
    can_mark_official: bool
    prospect: prospects.ProspectContext
    first_unread: str = ""

    @property
    def is_asker(self) -> bool:
        return rules.is_asker(self.reader, self.topic)

    @property
    def number(self) -> int:
        return self.pages.number if self.pages else 1

    @property
    def all_posts(self) -> list[PostView]:
        """All posts on the page, each followed by its comments."""
        return [view for main in self.posts for view in (main, *main.comments)]

    @property
    def answer_address(self) -> str:
        """Where the accepted answer is: on this page, or at its permalink."""
        answer_id = self.acceptance.accepted_answer_id if self.acceptance else None
        if answer_id is None or any(view.id == answer_id for view in self.posts):
            return f"#p{answer_id}"
        return self.post_address(answer_id)

    @property
    def answers_wait(self) -> bool:
        """Whether to ask the reader which answer helped; they can still change it afterwards."""
        return self.can_accept and not self.acceptance

    @property
    def reply_address(self) -> str:
        return address("forum:post-create", self.topic.pk)

    def post_address(self, post_id: int) -> str:
        return address("forum:post-permalink", post_id)


def find_topic(reader: Reader, topic_id: int) -> Topic | None:
    """Return the visible topic, or None."""
    find = _topics(forum.kind_of(reader))
    return find.first(topic_id=topic_id, reader_id=reader.pk)


@compiled_at_start(forum.KINDS)
def _topics(kind: str) -> Prepared[Topic]:
    def build(topic_id: int, reader_id: int) -> TopicQuerySet:
        reader = forum.placeholder_reader(kind, reader_id)
        topics = Topic.objects.visible_to(reader).filter(pk=topic_id)
        topics = topics.select_related(
            "category", "category__parent", "author", "closed_by", "question__accepted_by"
        )
        topics = topics.annotate(solver=_name_of_solver())
        return topics.with_tag_list().with_unread_of(reader).defer("search", *details("author", "closed_by"))

    return Prepared(build)


def _name_of_solver() -> Coalesce:
    """Return the name shown beside the accepted answer; None without one."""
    answer = "question__accepted_answer"
    names = [f"{answer}__byline", f"{answer}__author__display_name", f"{answer}__author__username"]
    return Coalesce(*(NullIf(F(name), Value("")) for name in names))


def _acceptance(topic: Topic) -> Question | None:
    """Which answer was accepted, and by whom; the topic was read with it."""
    question: Question | None = getattr(topic, "question", None)
    return question if question and question.accepted_answer_id else None


def page_of(request: HttpRequest, topic: Topic) -> TopicPage:
    """Return the page `?page=`. Raises Http404 for an invalid number."""
    reader = reader_of(request)
    if topic.last_number <= PER_PAGE:
        rows = _posts(forum.kind_of(reader), topic.best_first)(topic_id=topic.pk, reader_id=reader.pk)
        pages = paginate(request, rows, total=len(rows))
        mains = [post for post in rows if not post.is_comment]
        comments = [post for post in rows if post.is_comment]
    else:
        # Load the details of this page's posts only.
        pages = paginate(request, _PostIds(reader, topic))
        ids = list(pages.object_list)
        found = {post.pk: post for post in _part(forum.kind_of(reader))(reader_id=reader.pk, post_ids=ids)}
        mains = [found[pk] for pk in ids if pk in found]
        comments = [post for post in found.values() if post.is_comment]
    return _put_together(reader, topic, mains, comments, pages=pages)


def part_of(request: HttpRequest, post: Post) -> TopicPage:
    """Return a page with only this post (or its parent) and its comments.

    Raises Http404 if the reader does not see the topic.
    """
    reader = reader_of(request)
    topic = find_topic(reader, post.topic_id)
    if topic is None:
        raise Http404(_("This topic does not exist."))
    main_id = post.parent_id if post.is_comment and post.parent_id else post.pk
    rows = _part(forum.kind_of(reader))(reader_id=reader.pk, post_ids=[main_id])
    mains = [row for row in rows if row.pk == main_id]
    return _put_together(reader, topic, mains, [row for row in rows if row.pk != main_id])


def reader_of(request: HttpRequest) -> Reader:
    """Return request.user without its lazy wrapper, which is slow."""
    reader: Reader = request.user
    return getattr(reader, "_wrapped", reader) if reader.is_authenticated else AnonymousUser()


def _shown(posts: PostQuerySet, reader: Reader) -> PostQuerySet:
    """Posts on the reader's page, annotated with the reader's likes and votes."""
    # Comments are put under the posts that are here, so their parents need not be looked up.
    posts = posts.approved_for(reader).for_reading_by(reader)
    if reader.is_authenticated and moderation.can_moderate(reader):
        posts = posts.annotate(has_review=Exists(ReviewItem.objects.open().filter(post=OuterRef("pk"))))
    return with_origin(qa.with_vote_of(posts, reader))


@compiled_at_start(forum.KINDS, (False, True))
def _posts(kind: str, best_first: bool) -> Prepared[Post]:
    def build(topic_id: int, reader_id: int) -> PostQuerySet:
        posts = Post.objects.filter(topic=topic_id)
        return _shown(posts, forum.placeholder_reader(kind, reader_id)).in_reading_order(
            best_first=best_first
        )

    return Prepared(build)


@dataclass(frozen=True)
class _PostIds:
    """The ids of a topic's posts without comments, in the order in which the reader finds them."""

    reader: Reader
    topic: Topic

    def __getitem__(self, wanted: slice) -> list[int]:
        start = wanted.start or 0
        find = _post_ids(forum.kind_of(self.reader), self.topic.best_first)
        rows = find(topic_id=self.topic.pk, reader_id=self.reader.pk, offset=start)
        return [pk for (pk,) in rows[: wanted.stop - start]]

    def count(self) -> int:
        row = _post_count(forum.kind_of(self.reader)).first(topic_id=self.topic.pk, reader_id=self.reader.pk)
        return row[0] if row else 0


@cache
def _post_ids(kind: str, best_first: bool) -> Prepared[tuple[int]]:
    def build(topic_id: int, reader_id: int) -> QuerySet[Post, tuple[int]]:
        posts = _without_comments(topic_id, forum.placeholder_reader(kind, reader_id))
        return posts.in_reading_order(best_first=best_first).values_list("pk")

    return Prepared(build, limit=PER_PAGE)


@cache
def _post_count(kind: str) -> Prepared[tuple[int]]:
    def build(topic_id: int, reader_id: int) -> QuerySet[Post, Any]:
        posts = _without_comments(topic_id, forum.placeholder_reader(kind, reader_id))
        return posts.order_by().values("topic").annotate(n=Count("pk")).values_list("n")

    return Prepared(build)


def _without_comments(topic_id: int, reader: Reader) -> PostQuerySet:
    return Post.objects.filter(topic=topic_id).approved_for(reader).without_comments()


@compiled_at_start(forum.KINDS)
def _part(kind: str) -> Prepared[Post]:
    """These posts and the comments on them."""

    def build(reader_id: int, post_ids: list[int]) -> PostQuerySet:
        comments = Q(parent__any_of=post_ids, kind=Post.Kind.COMMENT)
        posts = Post.objects.filter(Q(pk__any_of=post_ids) | comments)
        return _shown(posts, forum.placeholder_reader(kind, reader_id))

    return Prepared(build)


def view_of(page: TopicPage, post: Post) -> PostView:
    """Return the post's view, which may be a comment's. Raises Http404 if it is not on the page."""
    for view in page.all_posts:
        if view.id == post.pk:
            return view
    raise Http404(_("This post does not exist."))


def _put_together(
    reader: Reader,
    topic: Topic,
    mains: Sequence[Post],
    comments: Sequence[Post],
    *,
    pages: Page[Any] | None = None,
) -> TopicPage:
    everything = [*mains, *comments]
    facts = _facts(reader, topic, everything)
    views = {post.id: _view(reader, topic, post, facts) for post in everything}
    for comment in sorted(comments, key=lambda comment: comment.number):
        if comment.parent_id in views:
            views[comment.parent_id].comments.append(views[comment.id])
    return TopicPage(
        topic=topic,
        reader=reader,
        is_logged_in=reader.is_authenticated,
        posts=[views[post.id] for post in mains],
        pages=pages,
        acceptance=_acceptance(topic),
        can_reply=rules.can_reply(reader, topic),
        can_moderate=rules.is_moderator(reader),
        can_accept=facts.can_accept,
        can_mark_official=facts.can_mark_official,
        prospect=facts.prospect,
    )


@dataclass(slots=True)
class _Facts:
    """Data from each app, by post or author, and what the reader may do on the whole page."""

    can_accept: bool
    can_mark_official: bool
    read_number: int | None
    official_marks: Mapping[int, OfficialMark]
    reviews: Mapping[int, ReviewItem]
    stages: Mapping[int, MemberState]
    prospect: prospects.ProspectContext


def _facts(reader: Reader, topic: Topic, posts: Sequence[Post]) -> _Facts:
    with_review = [post.pk for post in posts if getattr(post, "has_review", False)]
    return _Facts(
        can_accept=qa_rules.can_accept_in(reader, topic),
        can_mark_official=qa_rules.can_mark_official(reader),
        read_number=topic.read_number,  # type: ignore[attr-defined]
        official_marks=qa.official_marks([post.pk for post in posts if post.is_official]),
        reviews=ReviewItem.objects.by_post(with_review),
        stages=_stages(reader, {post.author_id for post in posts}),
        prospect=prospects.prospect_context(reader, topic),
    )


def _stages(reader: Reader, author_ids: Iterable[int]) -> Mapping[int, MemberState]:
    """Return the authors' stages, for staff only."""
    return chips(author_ids) if reader.is_authenticated and journeys.can_see_journeys(reader) else {}


def _view(reader: Reader, topic: Topic, post: Post, facts: _Facts) -> PostView:
    _TOPIC.set_cached_value(post, topic)
    is_own = reader.is_authenticated and post.author_id == reader.pk
    can_delete = rules.can_delete_post(reader, post, topic)
    can_restore = rules.can_restore_post(reader, post)
    can_accept = facts.can_accept and qa_rules.can_accept(reader, post, topic)
    return PostView(
        post=post,
        id=post.id,
        author=post.author,
        is_own=is_own,
        is_readable=rules.can_read_words(reader, post),
        is_new=facts.read_number is not None and post.number > facts.read_number and not is_own,
        can_edit=rules.can_edit_post(reader, post, topic),
        can_accept=can_accept,
        can_delete=can_delete,
        can_restore=can_restore,
        can_like=rules.can_like(reader, post),
        is_liked=post.is_liked,  # type: ignore[attr-defined]
        takes_votes=qa_rules.takes_votes(post, topic),
        vote=post.vote or 0,  # type: ignore[attr-defined]
        official_mark=facts.official_marks.get(post.id),
        attribution=attribution_of(post),
        review=facts.reviews.get(post.id),
        stage=facts.stages.get(post.author_id),
        roster_entry=facts.prospect.roster.get(post.author_id),
        has_menu=can_accept or can_delete or can_restore or facts.can_mark_official,
        asks_for_picture=is_own and not post.is_comment and _is_asked(reader, post),
        path=address("forum:post-show", post.id),
        permalink=address("forum:post-permalink", post.id),
    )


def _is_asked(reader: Reader, post: Post) -> bool:
    """Return whether to ask the reader for a picture beside this post."""
    return reader.is_authenticated and reader.picture_asked_on == post.pk and not reader.avatar


def first_unread(page: TopicPage) -> str:
    """Return the link to the first unread post; empty if there is none."""
    topic, before = page.topic, read_before(page.topic)
    if not before or before >= topic.last_number:
        return ""
    new = min(((view.post.number, view.id) for view in page.all_posts if view.is_new), default=None)
    is_whole = page.pages is not None and page.pages.paginator.num_pages == 1
    if is_whole or (new and new[0] == before + 1):
        return f"#p{new[1]}" if new else ""
    if not new and not topic.unread_count:  # type: ignore[attr-defined]
        return ""
    return f"{reverse('forum:topic-unread', args=[topic.pk])}?after={before}"


def read_to(page: TopicPage) -> int:
    """Return the number of the last post read on this page."""
    # Sorted by votes, only the last page means that everything was read.
    if page.topic.best_first and page.pages is not None and page.pages.has_next():
        return 0
    return max((view.post.number for view in page.all_posts), default=0)


def read_before(topic: Topic) -> int | None:
    """Return the last number read before this visit; None if never opened."""
    number: int | None = topic.read_number  # type: ignore[attr-defined]
    return number
