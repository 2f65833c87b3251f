from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from community.core.prepared import Prepared, compiled_at_start
from community.core.text import isolated

from .links import has_checkout_link
from .models import DeskQuestion, ProspectForum, RosterEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from community.members.models import Member


def can_open_desk(user: Member | AnonymousUser) -> bool:
    """Whether they may open the desk: managers, and staff on the roster of a prospect forum."""
    if not user.is_authenticated or not user.is_team:
        return False
    return user.is_manager or bool(_duties()(member_id=user.pk))


@compiled_at_start()
def _duties() -> Prepared[tuple[int]]:
    def build(member_id: int) -> QuerySet[RosterEntry, tuple[int]]:
        return RosterEntry.objects.on_duty().filter(member=member_id).values_list("pk")

    return Prepared(build, limit=1)


def can_hand_over(user: Member, question: DeskQuestion) -> bool:
    return user.is_manager or question.claimed_by_id == user.pk


def can_mark_urgent(user: Member, question: DeskQuestion) -> bool:
    """Whether they may mark the question as urgent: the asker and managers."""
    return user.pk == question.topic.author_id or user.is_manager


def objection_to_answering(
    author: Member, forum: ProspectForum, question: DeskQuestion | None, *, now: datetime
) -> str:
    """Return why this member of staff may not answer there now; an empty string when they may."""
    if author.is_moderator:
        return ""
    entry = RosterEntry.objects.on_duty().filter(forum=forum, member=author).first()
    if entry is None:
        return _("Only the team members listed in this forum can answer here for the company.")
    if not entry.is_trained:
        return _("You can answer here once your training in consultative selling has been recorded.")
    if question is None:
        return ""
    if question.is_held_back(now):
        return _("Customers answer first. The team can reply from %(time)s.") % {
            "time": date_format(localtime(question.opens_at), "H:i")
        }
    return objection_to_claiming(author, question, now=now)


def objection_to_claiming(author: Member, question: DeskQuestion, *, now: datetime) -> str:
    """Return why this person may not claim the question; an empty string when they may."""
    holder = question.holder(now)
    if holder is not None and holder.pk != author.pk:
        return _("This question is assigned to %(name)s.") % {"name": isolated(str(holder))}
    return ""


def objection_to_text(source: str, forum: ProspectForum, question: DeskQuestion | None) -> str:
    """Return why staff may not post this as a first answer; an empty string when they may."""
    if question is None or question.staff_replies:
        return ""
    if has_checkout_link(source, forum.checkout_words):
        return _(
            "A first answer cannot link to a checkout page. Remove the link and answer the question first."
        )
    return ""
