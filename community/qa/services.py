"""Votes, accepted answers and official answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.core.permissions import Refused
from community.events.catalogue import (
    ANSWER_ACCEPTED,
    HELPFUL_VOTE_RECEIVED,
    OFFICIAL_ANSWER_MARKED,
    QUESTION_RESOLVED,
    QUESTION_VOTE_RECEIVED,
    VOTE_GIVEN,
    EventName,
)
from community.events.services.recording import record
from community.forum.models import Post, Topic
from community.forum.services import counters, post_events

from .models import OfficialMark, Question, Vote
from .rules import takes_votes

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def vote(post: Post, *, member: Member, value: int, now: datetime | None = None) -> Post:
    """Set the member's vote on a question, answer or idea to 1, -1 or 0 (none).

    Raises Refused for the member's own post, a post that takes no votes, or a down vote on an idea.
    """
    topic = counters.lock_topic(post.topic_id)
    post = Post.objects.select_for_update(of=("self",)).select_related("author").get(pk=post.pk)
    _require_votable(post, topic, member, value)
    now = now or timezone.now()
    existing = Vote.objects.filter(post=post, member=member).first()
    before = existing.value if existing else 0
    if before == value:
        return post
    if value:
        Vote.objects.update_or_create(post=post, member=member, defaults={"value": value, "created_at": now})
    elif existing:
        existing.delete()
    _record_vote(post, topic, member, before, value, now)
    post.score += value - before
    post.save(update_fields=["score"])
    if post.is_opening:
        Topic.objects.filter(pk=topic.pk).update(score=post.score)
    return post


@transaction.atomic
def accept_answer(answer: Post, *, actor: Member, now: datetime | None = None) -> Question:
    """Make this the question's accepted answer, replacing any other; idempotent.

    Raises Refused if it is not a published answer.
    """
    topic, question, answer = _locked(answer)
    if question.accepted_answer_id == answer.pk:
        return question
    if not (answer.is_answer and answer.is_published and topic.is_published):
        raise Refused(_("You can only accept a published answer."))
    now = now or timezone.now()
    earlier = question.accepted_answer
    _clear_acceptance(question)
    # A merge may have brought the answer from another question.
    Question.objects.filter(accepted_answer=answer).update(accepted_answer=None)
    question.accepted_answer, question.accepted_by, question.accepted_at = answer, actor, now
    question.save(update_fields=["accepted_answer", "accepted_by", "accepted_at"])
    answer.is_accepted = True
    answer.save(update_fields=["is_accepted"])
    counters.refresh(topic)
    recount_accepted({answer.author_id, earlier.author_id if earlier else answer.author_id})
    _record_acceptance(answer, topic, actor, now)
    if actor.pk != topic.author_id:
        audit("answer.accept", actor=actor, subject=answer)
    return question


@transaction.atomic
def unaccept_answer(answer: Post, *, actor: Member) -> Question:
    """Undo the acceptance and retract its events; idempotent."""
    topic, question, answer = _locked(answer)
    if question.accepted_answer_id != answer.pk:
        return question
    _clear_acceptance(question)
    counters.refresh(topic)
    recount_accepted({answer.author_id})
    if actor.pk != topic.author_id:
        audit("answer.unaccept", actor=actor, subject=answer)
    return question


@transaction.atomic
def mark_official(answer: Post, *, actor: Member, now: datetime | None = None) -> Post:
    """Mark the post as official; idempotent. Raises Refused if it is not an answer or reply."""
    answer = Post.objects.select_for_update(of=("self",)).select_related("author").get(pk=answer.pk)
    if answer.is_official:
        return answer
    if answer.kind not in (Post.Kind.ANSWER, Post.Kind.REPLY):
        raise Refused(_("Only answers and replies can be marked as official."))
    now = now or timezone.now()
    OfficialMark.objects.create(post=answer, member=actor, created_at=now)
    _set_official(answer, True)
    record(
        OFFICIAL_ANSWER_MARKED,
        actor=actor,
        member=answer.author,
        subject=answer,
        occurred_at=now,
        topic_id=answer.topic_id,
    )
    audit("answer.mark_official", actor=actor, subject=answer)
    return answer


@transaction.atomic
def unmark_official(answer: Post, *, actor: Member) -> Post:
    answer = Post.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    if not answer.is_official:
        return answer
    OfficialMark.objects.filter(post=answer).delete()
    _set_official(answer, False)
    post_events.retract_one(
        OFFICIAL_ANSWER_MARKED, "forum.post", answer.pk, "", reason="the mark was taken back"
    )
    audit("answer.unmark_official", actor=actor, subject=answer)
    return answer


def recount_accepted(member_ids: Iterable[int] | None = None) -> int:
    """Correct `Member.accepted_answers` of these members, or of all; return how many changed.

    They are the published answers that helped somebody else, in topics that everybody can see.
    """
    members = None if member_ids is None else sorted(member_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT_ACCEPTED, {"members": members})
        return int(cursor.rowcount)


_RECOUNT_ACCEPTED = """
WITH counted AS (
  SELECT p.author_id, count(*) AS n
    FROM forum_post p
    JOIN forum_topic t ON t.id = p.topic_id AND t.status = 'published' AND t.author_id <> p.author_id
    JOIN forum_category c ON c.id = t.category_id AND c.see_by = 'everyone'
    LEFT JOIN forum_category k ON k.id = c.parent_id
   WHERE p.is_accepted AND p.kind = 'answer' AND p.status = 'published'
     AND coalesce(k.see_by, 'everyone') = 'everyone'
     AND (%(members)s::bigint[] IS NULL OR p.author_id = ANY(%(members)s))
   GROUP BY p.author_id
), wrong AS (
  SELECT m.id, coalesce(counted.n, 0) AS n
    FROM members_member m LEFT JOIN counted ON counted.author_id = m.id
   WHERE m.accepted_answers <> coalesce(counted.n, 0)
     AND (%(members)s::bigint[] IS NULL OR m.id = ANY(%(members)s))
   ORDER BY m.id
     FOR NO KEY UPDATE OF m
)
UPDATE members_member m SET accepted_answers = wrong.n FROM wrong WHERE wrong.id = m.id
"""


def _require_votable(post: Post, topic: Topic, member: Member, value: int) -> None:
    if value not in (-1, 0, 1):
        raise Refused(_("This is not a valid vote."))
    if not takes_votes(post, topic):
        raise Refused(_("You can only vote on questions, answers and ideas."))
    if post.author_id == member.pk:
        raise Refused(_("You cannot vote on your own posts."))
    if value < 0 and topic.kind == Topic.Kind.IDEA:
        raise Refused(_("You can only vote ideas up. If you disagree with one, say why in a reply."))
    if not post.is_published:
        raise Refused(_("You cannot vote on this post at the moment."))


def _record_vote(post: Post, topic: Topic, member: Member, before: int, value: int, now: datetime) -> None:
    """Retract the events of the previous vote, then record those of the new one."""
    received = _received_event(post, topic)
    why = "the vote was taken back"
    if before:
        post_events.retract_one(VOTE_GIVEN, "forum.post", post.pk, f"{member.pk}:{before}", reason=why)
    if before > 0 and received:
        post_events.retract_one(received, "forum.post", post.pk, str(member.pk), reason=why)
    if value:
        record(
            VOTE_GIVEN,
            actor=member,
            subject=post,
            counterpart=post.author,
            occurred_at=now,
            key=f"{member.pk}:{value}",
            topic_id=topic.pk,
            value=value,
        )
    if value > 0 and received:
        record(
            received,
            actor=member,
            member=post.author,
            counterpart=member,
            subject=post,
            occurred_at=now,
            key=str(member.pk),
            topic_id=topic.pk,
        )


def _received_event(post: Post, topic: Topic) -> EventName | None:
    """Return the event an up vote records for the author; None for ideas, where it credits the idea."""
    if not post.is_opening:
        return HELPFUL_VOTE_RECEIVED
    return QUESTION_VOTE_RECEIVED if topic.is_question else None


def _locked(answer: Post) -> tuple[Topic, Question, Post]:
    topic = counters.lock_topic(answer.topic_id)
    question, _created = Question.objects.select_for_update(of=("self",)).get_or_create(topic=topic)
    answer = Post.objects.select_for_update(of=("self",)).select_related("author").get(pk=answer.pk)
    return topic, question, answer


def _clear_acceptance(question: Question) -> None:
    answer = question.accepted_answer
    if answer is None:
        return
    question.accepted_answer, question.accepted_by, question.accepted_at = None, None, None
    question.save(update_fields=["accepted_answer", "accepted_by", "accepted_at"])
    Post.objects.filter(pk=answer.pk).update(is_accepted=False)
    why = "the acceptance was taken back"
    post_events.retract_one(ANSWER_ACCEPTED, "forum.post", answer.pk, "", reason=why)
    post_events.retract_one(QUESTION_RESOLVED, "forum.topic", question.topic_id, str(answer.pk), reason=why)


def _record_acceptance(answer: Post, topic: Topic, actor: Member, now: datetime) -> None:
    """Record that the question is resolved, and by whom; answering one's own question does not count as helping."""
    if answer.author_id != topic.author_id:
        record(
            ANSWER_ACCEPTED,
            actor=actor,
            member=answer.author,
            counterpart=topic.author,
            subject=answer,
            occurred_at=now,
            topic_id=topic.pk,
            minutes=whole_minutes(answer.created_at - topic.created_at),
        )
    record(
        QUESTION_RESOLVED,
        actor=actor,
        member=topic.author,
        counterpart=answer.author,
        subject=topic,
        occurred_at=now,
        key=str(answer.pk),
        by=answer.author_id,
        minutes=whole_minutes(now - topic.created_at),
        by_staff=answer.author.is_team,
    )


def whole_minutes(span: timedelta) -> int:
    """Return a duration in whole minutes, as events say it; 0 for a negative one."""
    return max(0, int(span.total_seconds() // 60))


def _set_official(answer: Post, official: bool) -> None:
    answer.is_official = official
    answer.save(update_fields=["is_official"])
