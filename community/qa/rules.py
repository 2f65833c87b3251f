from __future__ import annotations

from typing import TYPE_CHECKING

from community.forum.models import Post, Topic

if TYPE_CHECKING:
    from community.forum.models.categories import Reader


def takes_votes(post: Post, topic: Topic) -> bool:
    """Return whether the post can be voted on: questions, ideas and answers; other posts take likes."""
    if post.is_opening:
        return topic.kind in (Topic.Kind.QUESTION, Topic.Kind.IDEA)
    return post.is_answer


def can_accept_in(user: Reader, topic: Topic) -> bool:
    """Return whether the user may accept answers: the asker, or staff, as askers do not always come back."""
    if not (user.is_authenticated and topic.is_question):
        return False
    return topic.author_id == user.pk or user.is_team


def can_accept(user: Reader, answer: Post, topic: Topic) -> bool:
    """Return whether the user may accept this answer; both it and its question must be published."""
    return answer.is_answer and answer.is_published and topic.is_published and can_accept_in(user, topic)


def can_mark_official(user: Reader) -> bool:
    return user.is_authenticated and user.is_team
