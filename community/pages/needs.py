"""What waits for a person: short sentences with a link, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from community.members.models import Member

from . import front


@dataclass(frozen=True)
class Need:
    """One thing to do, and where."""

    icon: str
    sentence: str
    href: str
    tone: str = ""


def needs_of(member: Member) -> list[Need]:
    """Return what needs this person, at most a handful."""
    return [*_replies(member), *_open_questions(member), *_profile(member)][:6]


def _replies(member: Member) -> list[Need]:
    return [
        Need("reply", _("New replies in “%(title)s”") % {"title": topic.title}, topic.get_absolute_url())
        for topic in front.unread_replies(member)
    ]


def _open_questions(member: Member) -> list[Need]:
    return [
        Need(
            "circle-check",
            _("Did an answer solve “%(title)s”?") % {"title": topic.title},
            topic.get_absolute_url(),
        )
        for topic in front.awaiting_word(member)
    ]


def _profile(member: Member) -> list[Need]:
    if member.bio:
        return []
    return [Need("user", _("Tell people who you are"), "/me/settings/")]
