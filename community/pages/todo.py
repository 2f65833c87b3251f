"""What a member has to do, as short sentences with a link, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.members.models import Member
from community.moderation.models import ReviewItem
from community.prospects import rules as prospects
from community.prospects.models import DeskQuestion

from . import home


@dataclass(frozen=True)
class Todo:
    """One thing to do, and where."""

    icon: str
    sentence: str
    href: str
    tone: str = ""


def todos_of(member: Member) -> list[Todo]:
    """Return what this member has to do, at most six items."""
    return [
        *_desk(member),
        *_queue(member),
        *_replies(member),
        *_open_questions(member),
        *_profile(member),
    ][:6]


def _desk(member: Member) -> list[Todo]:
    if not prospects.can_open_desk(member):
        return []
    now = timezone.now()
    waiting = list(DeskQuestion.objects.at_desk_of(member).for_work(now).values_list("due_at", flat=True))
    late = sum(due < now for due in waiting)
    if not waiting:
        return []
    sentence = ngettext(
        "%(n)d question is waiting at the sales desk",
        "%(n)d questions are waiting at the sales desk",
        len(waiting),
    ) % {"n": len(waiting)}
    if late:
        sentence += _(", %(late)d overdue") % {"late": late}
    return [Todo("handshake", sentence, reverse("prospects:desk"), "warning" if late else "")]


def _queue(member: Member) -> list[Todo]:
    number = ReviewItem.objects.open().count() if member.is_moderator else 0
    if not number:
        return []
    sentence = ngettext(
        "%(n)d post needs a moderator's review", "%(n)d posts need a moderator's review", number
    )
    return [Todo("shield", sentence % {"n": number}, reverse("admin:moderation_reviewitem_changelist"))]


def _replies(member: Member) -> list[Todo]:
    return [
        Todo("reply", _("New replies in “%(title)s”") % {"title": topic.title}, topic.get_absolute_url())
        for topic in home.unread_replies(member)
    ]


def _open_questions(member: Member) -> list[Todo]:
    return [
        Todo(
            "circle-check",
            _("Did an answer solve “%(title)s”?") % {"title": topic.title},
            topic.get_absolute_url(),
        )
        for topic in home.awaiting_word(member)
    ]


def _profile(member: Member) -> list[Todo]:
    if member.bio:
        return []
    return [Todo("user", _("Complete your profile"), reverse("members:profile-edit"))]
