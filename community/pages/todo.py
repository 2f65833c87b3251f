"""What a member has to do, as short sentences with a link, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.core.addresses import address
from community.core.prepared import Prepared, compiled_at_start
from community.core.text import isolated
from community.members.models import Member
from community.moderation.models import ReviewItem
from community.prospects import desk
from community.prospects import rules as prospects

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
        *_own_topics(member),
        *_profile(member),
    ][:6]


def _desk(member: Member) -> list[Todo]:
    if not prospects.can_open_desk(member):
        return []
    counts = desk.counts_of(member, now=timezone.now())
    if not counts.waiting:
        return []
    sentence = ngettext(
        "%(n)d question is waiting at the sales desk",
        "%(n)d questions are waiting at the sales desk",
        counts.waiting,
    ) % {"n": counts.waiting}
    if counts.overdue:
        sentence += _(", %(late)d overdue") % {"late": counts.overdue}
    return [Todo("handshake", sentence, address("prospects:desk"), "warning" if counts.overdue else "")]


def _queue(member: Member) -> list[Todo]:
    row = _open_reviews().first() if member.is_moderator else None
    if row is None:
        return []
    number = row[0]
    sentence = ngettext(
        "%(n)d post needs a moderator's review", "%(n)d posts need a moderator's review", number
    )
    return [Todo("shield", sentence % {"n": number}, address("admin:moderation_reviewitem_changelist"))]


@compiled_at_start()
def _open_reviews() -> Prepared[tuple[int]]:
    """Count the open review items; no row if there are none."""
    return Prepared(
        lambda: (
            ReviewItem.objects.open().order_by().values("closed_at").annotate(n=Count("pk")).values_list("n")
        )
    )


def _own_topics(member: Member) -> list[Todo]:
    own = home.own_topics(member)
    unread, solved = _("New replies in “%(title)s”"), _("Did an answer solve “%(title)s”?")
    return [
        Todo(icon, sentence % {"title": isolated(topic.title)}, topic.get_absolute_url())
        for icon, sentence, topics in (
            ("reply", unread, own.unread),
            ("circle-check", solved, own.awaiting_word),
        )
        for topic in topics
    ]


def _profile(member: Member) -> list[Todo]:
    if member.bio:
        return []
    return [Todo("user", _("Complete your profile"), address("members:profile-edit"))]
