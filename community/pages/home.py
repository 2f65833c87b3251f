"""Data for the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from community.core.prepared import Prepared, compiled_at_start
from community.core.text import isolated
from community.forum import queries
from community.forum.models import Category, Post, ReadState, Topic
from community.members.models import Member
from community.qa.models import Question

if TYPE_CHECKING:
    Reader = Member | AnonymousUser

SHOWN_OF_SOLVED = (
    "topic__title",
    "topic__slug",
    "accepted_answer__byline",
    "accepted_answer__author__username",
    "accepted_answer__author__display_name",
    "accepted_answer__author__avatar",
)


def greeting(member: Member, *, now: datetime) -> str:
    hour = now.astimezone(member.zone).hour
    name = isolated((member.display_name or member.username).split()[0])
    if hour < 5 or hour >= 22:
        return _("Still up, %(name)s?") % {"name": name}
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


@dataclass(frozen=True)
class Topics:
    """The topics on the home page: the popular ones, or for members who were here before, the latest ones."""

    since: datetime | None  # when the reader's last visit ended
    new: list[Topic]
    others: list[Topic]

    def writers(self, *, after: datetime, number: int = 5) -> list[Member]:
        """Return who wrote last in these topics, and after that time, each once."""
        rows = [topic for topic in [*self.new, *self.others] if topic.bumped_at > after]
        found = {topic.last_post_author_id: topic.last_post_author for topic in rows}
        return [one for one in found.values() if one and one.is_active][:number]


def topics(reader: Reader, *, since: datetime | None, number: int = 8) -> Topics:
    """Return the topics to show, without announcements: those with posts after `since` first."""
    order = "hot conversations" if since is None else "latest conversations"
    rows = queries.TopicRows(reader, order, queries.visible_category_ids(reader))[:number]
    new = [topic for topic in rows if since is not None and topic.bumped_at > since]
    return Topics(since, new, rows[len(new) :])


def announcements(reader: Reader, *, now: datetime) -> list[Topic]:
    """Return the announcements of the last two weeks, at most two."""
    return _announcements()(category_ids=queries.visible_category_ids(reader), since=now - timedelta(days=14))


@compiled_at_start()
def _announcements() -> Prepared[Topic]:
    def build(category_ids: list[int], since: datetime) -> QuerySet[Topic]:
        topics = _topics(category_ids).filter(kind=Topic.Kind.ANNOUNCEMENT, created_at__gt=since)
        return topics.order_by("-created_at")[:2]

    return Prepared(build)


def _topics(category_ids: list[int]) -> QuerySet[Topic]:
    """Published topics of these categories, with the fields that links need."""
    topics = Topic.objects.filter(category__any_of=category_ids).published()
    return topics.only("title", "slug", "created_at")


def solved(reader: Reader, *, now: datetime) -> list[Question]:
    """Return the questions solved in the last month, the latest three, with who answered them."""
    return _solved()(category_ids=queries.visible_category_ids(reader), since=now - timedelta(days=30))


@compiled_at_start()
def _solved() -> Prepared[Question]:
    def build(category_ids: list[int], since: datetime) -> QuerySet[Question]:
        rows = Question.objects.filter(
            accepted_at__gt=since,
            topic__category__any_of=category_ids,
            topic__status=Topic.Status.PUBLISHED,
            accepted_answer__status=Post.Status.PUBLISHED,
        )
        rows = rows.select_related("topic", "accepted_answer__author")
        return rows.only("accepted_at", *SHOWN_OF_SOLVED).order_by("-accepted_at")[:3]

    return Prepared(build)


def could_answer(member: Member, *, number: int = 4) -> list[Topic]:
    """Return unanswered questions of others: first where the member has answered before, newest first."""
    categories = queries.visible_category_ids(member)
    rows = _could_answer(number)(reader_id=member.pk, category_ids=categories)
    return queries.with_categories(member, rows)


@compiled_at_start((4,))
def _could_answer(number: int) -> Prepared[Topic]:
    def build(reader_id: int, category_ids: list[int]) -> QuerySet[Topic]:
        answers = Post.objects.published().filter(author=reader_id, kind=Post.Kind.ANSWER)
        # An array, so that it is computed once; IN may look through the answers for each question.
        at_home = Q(category__any_of=ArraySubquery(answers.order_by().values("topic__category").distinct()))
        questions = Topic.objects.filter(category__any_of=category_ids).published().unanswered()
        newest = questions.exclude(author=reader_id).order_by("-created_at").values("pk")
        # Two indexed LIMITs; one ORDER BY would scan every question.
        wanted = newest.filter(at_home)[:number].union(newest[:number], all=True)
        # As an array, found once; IN may find them anew for each topic, without statistics.
        rows = Topic.objects.filter(pk__any_of=ArraySubquery(wanted)).annotate(near=at_home)
        rows = rows.only("title", "slug", "category", "created_at", "is_solved", "reply_count")
        return rows.order_by("-near", "-created_at")[:number]

    return Prepared(build)


@dataclass(frozen=True)
class OwnTopics:
    """Topics the member started that need a look, the latest first."""

    unread: list[Topic]  # others wrote since the member last read
    awaiting_word: list[Topic]  # questions that have answers, none accepted yet


def own_topics(member: Member, *, number: int = 3) -> OwnTopics:
    """Return at most `number` topics of each kind, among the 20 such topics with the latest posts."""
    rows = _own_topics()(reader_id=member.pk, category_ids=queries.visible_category_ids(member))
    unread = [topic for topic in rows if topic.is_unread]  # type: ignore[attr-defined]
    awaiting = [topic for topic in rows if topic.awaits_word]  # type: ignore[attr-defined]
    return OwnTopics(unread[:number], awaiting[:number])


@compiled_at_start()
def _own_topics() -> Prepared[Topic]:
    answered = Q(kind=Topic.Kind.QUESTION, answer_count__gt=0, is_solved=False, closed_at=None)

    def build(reader_id: int, category_ids: list[int]) -> QuerySet[Topic]:
        states = ReadState.objects.filter(member=reader_id, topic=OuterRef("pk"))
        rows = _topics(category_ids).filter(author=reader_id)
        rows = rows.alias(read=Subquery(states.values("last_read_number")[:1]))
        rows = rows.annotate(
            is_unread=~Q(last_post_author=reader_id) & Q(last_number__gt=F("read")), awaits_word=answered
        )
        return rows.filter(Q(is_unread=True) | Q(awaits_word=True)).order_by("-bumped_at")[:20]

    return Prepared(build)


def prospect_categories(reader: Reader) -> list[Category]:
    return _of_kind(reader, Category.Kind.PROSPECT)


def idea_categories(reader: Reader) -> list[Category]:
    return _of_kind(reader, Category.Kind.IDEAS)


def _of_kind(reader: Reader, kind: str) -> list[Category]:
    rows = queries.visible_categories(reader)
    return [row for row in rows if row.kind == kind and not row.is_archived]


def categories(reader: Reader) -> list[Category]:
    """Return the top categories the reader may see; a child stands alone when its parent is archived."""
    rows = [row for row in queries.visible_categories(reader) if not row.is_archived]
    shown = {row.pk for row in rows}
    return [row for row in rows if row.parent_id not in shown]
