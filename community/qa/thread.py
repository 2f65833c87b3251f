"""What questions add to the page of a topic: votes, the accepted answer, the company's own word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from community.forum.hooks import decorate_thread, mark_posts

from . import rules
from .models import OfficialMark, Question, Vote

if TYPE_CHECKING:
    from community.forum.models import Post, Topic
    from community.forum.models.categories import Reader
    from community.members.models import Member


@decorate_thread
def votes_and_answers(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Add `acceptance` and `official_marks`; at most two queries."""
    for post in posts:
        post.takes_votes = rules.takes_votes(post, topic)
    return {
        "acceptance": _acceptance(topic),
        "official_marks": _official(posts),
        "can_accept": rules.can_accept_in(reader, topic),
        "can_mark_official": rules.can_mark_official(reader),
    }


@mark_posts
def own_votes(member: Member, post_ids: Sequence[int]) -> Mapping[str, Mapping[int, object]]:
    """Add `vote`, 1 or -1; one query."""
    votes = Vote.objects.filter(member=member, post__in=post_ids)
    return {"vote": dict(votes.values_list("post", "value"))}


def _acceptance(topic: Topic) -> Question | None:
    if not topic.is_solved:
        return None
    questions = Question.objects.select_related("accepted_by", "accepted_answer__author")
    return questions.defer(
        "accepted_answer__source", "accepted_answer__html", "accepted_answer__search"
    ).filter(topic=topic, accepted_answer__isnull=False).first()  # fmt: skip


def _official(posts: Sequence[Post]) -> dict[int, OfficialMark]:
    marked = [post.pk for post in posts if post.is_official]
    if not marked:
        return {}
    return {
        mark.post_id: mark for mark in OfficialMark.objects.filter(post__in=marked).select_related("member")
    }
