from datetime import datetime, timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from community.forum.models import Category, Post, Topic
from community.members.models import Member
from community.prospects.models import DeskQuestion, ProspectForum, RosterEntry
from community.prospects.services.tracking import track_topic

from .forum import CategoryFactory, PostFactory, QuestionFactory
from .members import MemberFactory


class ProspectForumFactory(DjangoModelFactory[ProspectForum]):
    class Meta:
        model = ProspectForum

    category = factory.SubFactory(CategoryFactory, kind=Category.Kind.PROSPECT)


class RosterEntryFactory(DjangoModelFactory[RosterEntry]):
    """A trained salesperson on duty."""

    class Meta:
        model = RosterEntry

    forum = factory.SubFactory(ProspectForumFactory)
    member = factory.SubFactory(MemberFactory, role="sales")
    real_name = factory.Sequence(lambda n: f"Anna Berg {n}")
    title = "Advisor for small cafés"
    is_trained = True


def a_peer(**fields: Any) -> Member:
    """Create a recently seen member, so that there is a grace period."""
    return MemberFactory(last_seen_at=timezone.now(), **fields)


def a_prospect_asks(
    forum: ProspectForum | None = None,
    *,
    minutes_ago: float = 60,
    author: Member | None = None,
    **fields: Any,
) -> DeskQuestion:
    """Create a prospect's question, that many minutes ago, and track it on the desk."""
    forum = forum or ProspectForumFactory()
    asked: datetime = timezone.now() - timedelta(minutes=minutes_ago)
    topic = QuestionFactory(
        category=forum.category,
        author=author or MemberFactory(last_seen_at=asked),
        created_at=asked,
        **fields,
    )
    question = track_topic(topic.pk)
    assert question is not None
    return question


def a_reply(topic: Topic, author: Member, *, minutes_ago: float = 0, **fields: Any) -> Post:
    post: Post = PostFactory(
        topic=topic,
        author=author,
        kind=Post.Kind.ANSWER,
        created_at=timezone.now() - timedelta(minutes=minutes_ago),
        **fields,
    )
    return post
