"""What a page of posts shows of questions: votes, the accepted answer, the company's own word."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from community.core.prepared import Prepared

from .models import OfficialMark, Question, Vote

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.forum.models.categories import Reader


def votes_of(reader: Reader, post_ids: Collection[int]) -> dict[int, int]:
    """Return how the reader voted on these posts, 1 or -1 by post."""
    if not (reader.is_authenticated and post_ids):
        return {}
    return dict(_votes()(reader_id=reader.pk, post_ids=list(post_ids)))


@cache
def _votes() -> Prepared[tuple[int, int]]:
    return Prepared(
        lambda reader_id, post_ids: Vote.objects.filter(member=reader_id, post__any_of=post_ids).values_list(
            "post", "value"
        )
    )


def acceptance_of(topic: Topic) -> Question | None:
    """Return the accepted answer's question, with who accepted it; None when there is none."""
    if not topic.is_solved:
        return None
    questions = Question.objects.select_related("accepted_by")
    return questions.filter(topic=topic, accepted_answer__isnull=False).first()


def official_marks(post_ids: Collection[int]) -> dict[int, OfficialMark]:
    """Return who marked these posts as official, and when."""
    if not post_ids:
        return {}
    marks = OfficialMark.objects.filter(post__in=post_ids).select_related("member")
    return {mark.post_id: mark for mark in marks}
