"""What stands above the forum judges posts before they appear, and hears of those that wait.

The settings name who: POST_SCREENERS, EDIT_SCREENERS and HELD_POST_LISTENERS hold dotted paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from community.core.permissions import Refused

if TYPE_CHECKING:
    from community.members.models import Member

    from .models import Category, Post, Topic


@dataclass(frozen=True)
class Verdict:
    """What a screener says of a post about to be written."""

    hold: bool = False
    refuse: bool = False
    sentence: str = ""  # for the person: why it waits or is refused


ALLOW = Verdict()


def judge(author: Member, category: Category, topic: Topic | None, source: str) -> Verdict:
    """Return whether a new post appears or waits; `topic` is None when it opens one.

    Asks each of POST_SCREENERS, `fn(author, category, topic, source) -> Verdict`; the strictest holds. Raises
    Refused with its sentence.
    """
    verdict = _strictest(
        screen(author, category, topic, source) for screen in _named(settings.POST_SCREENERS)
    )
    if verdict.refuse:
        raise Refused(verdict.sentence)
    if category.holds_posts and not verdict.hold and not author.is_team:
        return Verdict(
            hold=True, sentence=_("A moderator reviews every post in this category before it is published.")
        )
    return verdict


def judge_edit(author: Member, before: str, after: str) -> Verdict:
    """Return what EDIT_SCREENERS, `fn(author, before, after) -> Verdict`, say of an author's change."""
    return _strictest(screen(author, before, after) for screen in _named(settings.EDIT_SCREENERS))


def announce_held(post: Post) -> None:
    """Tell HELD_POST_LISTENERS, `fn(post, why)`, that the post waits, in the transaction that wrote it."""
    for listener in _named(settings.HELD_POST_LISTENERS):
        listener(post, post.status_reason)


def _named(paths: Iterable[str]) -> list[Callable[..., Any]]:
    return [import_string(path) for path in paths]


def _strictest(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: (verdict.refuse, verdict.hold), default=ALLOW)
