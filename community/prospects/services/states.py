from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.members.models import Member
from community.prospects.models import DeskQuestion

from .claims import lock_question
from .tracking import track_topic


@transaction.atomic
def mark_urgent(question: DeskQuestion, *, actor: Member, reason: str) -> DeskQuestion:
    """Mark as urgent, so that staff may answer at once; idempotent, the first reason is kept."""
    question = lock_question(question.pk)
    if question.is_urgent:
        return question
    question.is_urgent, question.urgent_by, question.urgent_reason = True, actor, reason
    question.save(update_fields=["is_urgent", "urgent_by", "urgent_reason"])
    if actor.is_team:
        audit("desk.urgent", actor=actor, subject=question, after={"is_urgent": True}, reason=reason)
    return question


@transaction.atomic
def settle_question(question: DeskQuestion, *, actor: Member, now: datetime | None = None) -> DeskQuestion:
    """Mark an open question as settled, as after a thank-you; idempotent.

    The asker's next post opens it again.
    """
    question = lock_question(question.pk)
    if question.state != DeskQuestion.State.OPEN:
        return question
    question.settled_at, question.settled_by = now or timezone.now(), actor
    question.save(update_fields=["settled_at", "settled_by"])
    audit("desk.settle", actor=actor, subject=question)
    return track_topic(question.pk) or question
