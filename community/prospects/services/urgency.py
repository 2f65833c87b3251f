from __future__ import annotations

from django.db import transaction

from community.core.audit import audit
from community.members.models import Member
from community.prospects.models import DeskQuestion

from .claiming import lock_question


@transaction.atomic
def mark_urgent(question: DeskQuestion, *, actor: Member, reason: str) -> DeskQuestion:
    """Let staff answer at once; marking it again keeps the first reason."""
    question = lock_question(question.pk)
    if question.is_urgent:
        return question
    return _set(question, True, actor, reason)


@transaction.atomic
def unmark_urgent(question: DeskQuestion, *, actor: Member) -> DeskQuestion:
    question = lock_question(question.pk)
    if not question.is_urgent:
        return question
    return _set(question, False, None, "", by=actor)


def _set(
    question: DeskQuestion, urgent: bool, marked_by: Member | None, reason: str, by: Member | None = None
) -> DeskQuestion:
    question.is_urgent, question.urgent_by, question.urgent_reason = urgent, marked_by, reason
    question.save(update_fields=["is_urgent", "urgent_by", "urgent_reason"])
    actor = marked_by or by
    if actor is not None and actor.is_team:
        audit("desk.urgent", actor=actor, subject=question, after={"is_urgent": urgent}, reason=reason)
    return question
