"""What questions add to the page of a topic: votes, the accepted answer, the company's own word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from community.forum.hooks import decorate_thread

from . import rules
from .models import OfficialMark, Question, Vote

if TYPE_CHECKING:
    from community.forum.models import Post, Topic
    from community.forum.models.categories import Reader


@decorate_thread
def votes_and_answers(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Add `votes_by_post`, `acceptance` and `official_marks`; at most three queries."""
    voted_on = [post.pk for post in posts if rules.takes_votes(post, topic)]
    for post in posts:
        post.takes_votes = post.pk in voted_on
    return {
        "votes_by_post": _own_votes(reader, voted_on),
        "acceptance": _acceptance(topic),
        "official_marks": _official(posts),
        "can_accept": rules.can_accept_in(reader, topic),
        "can_mark_official": rules.can_mark_official(reader),
    }


def _own_votes(reader: Reader, post_ids: list[int]) -> dict[int, int]:
    if not (reader.is_authenticated and post_ids):
        return {}
    return dict(Vote.objects.filter(member=reader, post__in=post_ids).values_list("post", "value"))


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
