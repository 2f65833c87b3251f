"""Build unsaved model instances for a question with its answers and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from community.core.markdown import Rendered
from community.core.rendered_html import excerpt_of
from community.forum.models import Category, Post, Revision, Topic
from community.forum.services import topics
from community.importers.models import StagedRow
from community.importers.stackexchange.history import Version, tag_names
from community.importers.stackexchange.kinds import ACCEPTED, CLOSE_REASONS, CLOSED_HISTORY
from community.members.models import Member
from community.qa.models import Question

from .bundle import Bundle
from .texts import Text, Texts


@dataclass
class Thread:
    """The models built from one question. `posts` are in order of writing, the opening post first."""

    topic: Topic
    question: Question
    posts: list[Post] = field(default_factory=list)
    rows: list[StagedRow] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def thread_of(row: StagedRow, bundle: Bundle, texts: Texts, category: Category) -> Thread:
    """Return a question with its replies, comments and revisions, all unsaved."""
    topic = _topic(row, bundle, category)
    thread = Thread(topic, Question(topic=topic), tags=tag_names(row.data.get("Tags", "")))
    by_source: dict[int, Post] = {}
    replies = list(_in_order(row, bundle))
    texts = texts.for_participants(_authors(replies), bundle)
    for number, (kind, staged) in enumerate(replies, start=1):
        post = _post(staged, kind, number, topic, bundle)
        if kind == Post.Kind.COMMENT:
            post.parent = by_source[staged.parent_id or 0]
            _set_text(post, *texts.convert(staged))
        else:
            by_source[staged.key] = post
            thread.revisions += _set_text_and_revisions(post, staged, bundle, texts)
        thread.posts.append(post)
        thread.rows.append(staged)
    topic.last_number = len(thread.posts)
    topic.excerpt = excerpt_of(thread.posts[0].html)
    _accept(thread, row, by_source, bundle)
    return thread


def _topic(row: StagedRow, bundle: Bundle, category: Category) -> Topic:
    title = " ".join(row.data["Title"].split())[:255]
    author = bundle.author_of(row.data.get("OwnerUserId"))
    topic = Topic(
        pk=row.topic_id,
        category=category,
        kind=Topic.Kind.QUESTION,
        title=title,
        slug=topics.slug(title),
        author=author,
        last_post_author=author,
        created_at=row.at,
        bumped_at=row.at,
        view_count=max(0, row.data.get("ViewCount", 0)),
        score=row.data.get("Score", 0),
    )
    if row.data.get("ClosedDate"):
        topic.closed_at = datetime.fromisoformat(row.data["ClosedDate"])
        topic.close_reason = _close_reason(row, bundle)
    return topic


def _close_reason(row: StagedRow, bundle: Bundle) -> str:
    closings = [
        entry
        for entry in bundle.history.get(row.key, [])
        if entry.data["PostHistoryTypeId"] == CLOSED_HISTORY
    ]
    reason = CLOSE_REASONS.get(closings[-1].data.get("Comment", ""), "") if closings else ""
    return reason or ("Duplicate" if bundle.links.get(row.key) else "")


def _in_order(row: StagedRow, bundle: Bundle) -> Iterator[tuple[str, StagedRow]]:
    """Yield the opening, then answers and comments by time; a comment never comes before its post."""
    answers = bundle.answers.get(row.key, [])
    written: dict[int, datetime | None] = {post.key: post.created_at for post in [row, *answers]}
    replies: list[tuple[datetime | None, int, int, str, StagedRow]] = [
        (answer.created_at, 0, answer.key, Post.Kind.ANSWER, answer) for answer in answers
    ]
    for post in written:
        for comment in bundle.comments.get(post, []):
            at = max(filter(None, (comment.created_at, written[post])))
            replies.append((at, 1, comment.key, Post.Kind.COMMENT, comment))
    yield Post.Kind.OPENING, row
    for _, _, _, kind, reply in sorted(replies, key=lambda reply: reply[:3]):
        yield kind, reply


def _authors(replies: Iterable[tuple[str, StagedRow]]) -> set[int]:
    found = {row.data.get(name) for _, row in replies for name in ("OwnerUserId", "UserId")}
    return {author for author in found if author is not None}


def _post(row: StagedRow, kind: str, number: int, topic: Topic, bundle: Bundle) -> Post:
    is_comment = kind == Post.Kind.COMMENT
    author = bundle.author_of(row.data.get("UserId" if is_comment else "OwnerUserId"))
    name = row.data.get("UserDisplayName" if is_comment else "OwnerDisplayName", "")
    return Post(
        pk=row.target_id,
        topic=topic,
        number=number,
        kind=kind,
        author=author,
        byline=name[:80] if author is bundle.former_member else "",
        created_at=row.at,
        score=row.data.get("Score", 0),
    )


def _set_text(post: Post, text: Text, rendered: Rendered) -> None:
    post.source, post.markup, post.html = text.source, text.markup, rendered.html
    post.word_count = rendered.words


def _set_text_and_revisions(post: Post, row: StagedRow, bundle: Bundle, texts: Texts) -> list[Revision]:
    """Set the text of the latest version. Return the revisions if there are several."""
    versions = bundle.versions.get(row.key, [])
    body = versions[-1].body if versions else None
    _set_text(post, *texts.convert_latest(row, body))
    if len(versions) < 2:
        return []
    post.revision_count = len(versions) - 1
    post.edited_at = versions[-1].at
    post.edited_by = bundle.member_of(versions[-1].editor)
    return [
        _revision(post, number, version, row, bundle, texts)
        for number, version in enumerate(versions, start=1)
    ]


def _revision(
    post: Post, number: int, version: Version, row: StagedRow, bundle: Bundle, texts: Texts
) -> Revision:
    text = texts.stored(row, version.body)
    return Revision(
        post=post,
        number=number,
        editor=bundle.member_of(version.editor),
        created_at=version.at,
        title=version.title[:255] if post.is_opening else "",
        tags=version.tags[:255] if post.is_opening else "",
        source=text.source,
        markup=text.markup,
        reason=version.reason[:300],
    )


def _accept(thread: Thread, row: StagedRow, posts: dict[int, Post], bundle: Bundle) -> None:
    answer = posts.get(row.data.get("AcceptedAnswerId", 0))
    if answer is None or not answer.is_answer:
        return
    asker: Member | None = bundle.member_of(row.data.get("OwnerUserId"))
    votes = bundle.votes.get(row.data["AcceptedAnswerId"], [])
    days = [vote.created_at for vote in votes if vote.data["VoteTypeId"] == ACCEPTED and vote.created_at]
    answer.is_accepted = thread.topic.is_solved = True
    thread.question.accepted_answer = answer
    thread.question.accepted_by = asker
    # Votes have only a date, whose midnight may be before the answer.
    thread.question.accepted_at = max([answer.created_at, *days])
