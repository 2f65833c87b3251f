"""Claims: a question is assigned to one salesperson at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.core.permissions import Refused
from community.core.text import isolated
from community.members.models import Member
from community.notifications.models import Notification
from community.notifications.services import notify
from community.prospects import rules
from community.prospects.models import DeskQuestion, Handover, RosterEntry


def lock_question(pk: int) -> DeskQuestion:
    """Return the question, locked until the end of the transaction."""
    # Without joining `claimed_by`: after waiting for the lock, PostgreSQL returns the new row with the old join,
    # so a question that was just claimed would have a claim without a holder.
    return (
        DeskQuestion.objects.select_for_update(of=("self",))
        .select_related("topic__author", "topic__category", "forum")
        .get(pk=pk)
    )


@transaction.atomic
def claim_question(question: DeskQuestion, *, actor: Member, now: datetime | None = None) -> DeskQuestion:
    """Assign the question to the actor; idempotent.

    Raises Refused when it is not open, held back for peers, or assigned to a colleague.
    """
    now = now or timezone.now()
    question = lock_question(question.pk)
    if question.state != DeskQuestion.State.OPEN:
        raise Refused(_("This question is no longer waiting for a reply."))
    objection = rules.objection_to_answering(actor, question.forum, question, now=now)
    # Moderators may answer anywhere, but not claim a question that is assigned to somebody else.
    objection = objection or rules.objection_to_claiming(actor, question, now=now)
    if objection:
        raise Refused(objection)
    if question.holder(now) == actor:
        return question
    return _assign(question, actor, now)


@transaction.atomic
def release_question(question: DeskQuestion, *, actor: Member) -> DeskQuestion:
    """Release the claim. Raises Refused unless the actor holds it or is a manager."""
    question = lock_question(question.pk)
    if question.claimed_by_id is None:
        return question
    if not rules.can_hand_over(actor, question):
        raise Refused(
            _("This question is assigned to %(name)s.") % {"name": isolated(str(question.claimed_by))}
        )
    question.claimed_by, question.claimed_at = None, None
    question.save(update_fields=["claimed_by", "claimed_at"])
    return question


@transaction.atomic
def hand_over(
    question: DeskQuestion, *, actor: Member, to: Member, note: str, now: datetime | None = None
) -> DeskQuestion:
    """Assign the question to a colleague on the roster and notify them; idempotent.

    Raises Refused when the actor may not hand it over, or the colleague may not answer in that forum.
    """
    now = now or timezone.now()
    question = lock_question(question.pk)
    if question.holder(now) == to:
        return question
    if not rules.can_hand_over(actor, question):
        raise Refused(_("Assign the question to yourself first. Then you can assign it to a colleague."))
    colleague = RosterEntry.objects.on_duty().filter(forum=question.forum, member=to, is_trained=True).first()
    if colleague is None:
        raise Refused(_("%(name)s cannot answer in this forum.") % {"name": isolated(str(to))})
    handover = Handover.objects.create(question=question, giver=actor, receiver=to, note=note, created_at=now)
    notify(
        to,
        kind=Notification.Kind.DESK,
        subject=question,
        actor=actor,
        text=note,
        key=str(handover.pk),
        at=now,
    )
    audit("desk.hand_over", actor=actor, subject=question, after={"to": to.username}, reason=note)
    return _assign(question, to, now)


def _assign(question: DeskQuestion, member: Member, now: datetime) -> DeskQuestion:
    question.claimed_by, question.claimed_at = member, now
    question.save(update_fields=["claimed_by", "claimed_at"])
    return question
