"""Who has answered prospects' questions, for lists of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import F, Min

from community.core.prepared import Prepared, compiled_at_start
from community.forum.models import Post
from community.members.models import DETAILS, Member

from .models import ProspectForum

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from community.forum.models import Category, Topic

FACES = 3


@dataclass(frozen=True)
class Voices:
    """The people who answered a question, in the order of their first answer."""

    peers: list[Member] = field(default_factory=list)
    team: list[Member] = field(default_factory=list)
    names: Mapping[int, str] = field(default_factory=dict)  # the real names of those on a roster

    @property
    def faces(self) -> list[Member]:
        return [*self.team[:1], *self.peers][:FACES]

    def name_of(self, member: Member) -> str:
        return self.names.get(member.pk) or str(member)


NOBODY = Voices()


@dataclass(frozen=True)
class Question:
    topic: Topic
    voices: Voices = NOBODY


def forum_of(category: Category) -> ProspectForum | None:
    """Return the category's prospect forum, with who answers in it as `on_duty`. Two queries."""
    forum = ProspectForum.objects.filter(category=category).with_roster().first()
    if forum is not None:
        forum.category = category
    return forum


def questions_of(topics: Collection[Topic], forums: Iterable[Any]) -> list[Question]:
    """Return the topics with those who answered; `forums` are read `with_roster()`. Two queries for any number."""
    answers = _answers()(topic_ids=[topic.pk for topic in topics]) if topics else []
    ids = {author_id for _, author_id, _ in answers}
    people = Member.objects.filter(is_active=True).defer(*DETAILS).in_bulk(ids) if ids else {}
    names = {entry.member_id: entry.real_name for forum in forums for entry in forum.on_duty}
    by_topic: dict[int, list[Member]] = {}
    for topic_id, author_id, _ in answers:
        if author := people.get(author_id):
            by_topic.setdefault(topic_id, []).append(author)
    return [Question(topic, _voices(by_topic.get(topic.pk, []), names)) for topic in topics]


def _voices(people: list[Member], names: Mapping[int, str]) -> Voices:
    team = [one for one in people if one.is_team]
    return Voices([one for one in people if not one.is_team], team, names)


@compiled_at_start()
def _answers() -> Prepared[tuple[int, int, int]]:
    """Topic, author and the number of their first reply; the asker's own are left out."""

    def build(topic_ids: list[int]) -> QuerySet[Post, Any]:
        replies = Post.objects.filter(topic__any_of=topic_ids, status=Post.Status.PUBLISHED, byline="")
        replies = replies.exclude(kind=Post.Kind.OPENING).exclude(author=F("topic__author"))
        first = replies.values("topic", "author").annotate(first=Min("number")).order_by("topic", "first")
        return first.values_list("topic", "author", "first")

    return Prepared(build)
