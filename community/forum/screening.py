"""Hooks for apps above the forum to screen posts before they appear, and to learn about held ones.

The settings POST_SCREENERS, EDIT_SCREENERS and HELD_POST_LISTENERS contain dotted paths of functions.
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
    """A screener's decision about a new or edited post."""

    hold: bool = False
    refuse: bool = False
    sentence: str = ""  # tells the author why the post is held or refused


ALLOW = Verdict()


def screen_post(author: Member, category: Category, topic: Topic | None, source: str) -> Verdict:
    """Return the strictest verdict on a new post; `topic` is None for an opening post.

    Calls each of POST_SCREENERS: `fn(author, category, topic, source) -> Verdict`. Raises Refused if one of
    them refuses the post.
    """
    verdict = _strictest(
        screen(author, category, topic, source) for screen in _import_all(settings.POST_SCREENERS)
    )
    if verdict.refuse:
        raise Refused(verdict.sentence)
    if category.holds_posts and not verdict.hold and not author.is_team:
        return Verdict(
            hold=True, sentence=_("A moderator reviews every post in this category before it is published.")
        )
    return verdict


def screen_edit(author: Member, before: str, after: str) -> Verdict:
    """Return the strictest verdict on an edit by the author.

    Calls each of EDIT_SCREENERS: `fn(author, before, after) -> Verdict`.
    """
    return _strictest(screen(author, before, after) for screen in _import_all(settings.EDIT_SCREENERS))


def announce_held(post: Post) -> None:
    """Call HELD_POST_LISTENERS, `fn(post, reason)`, in the transaction that saved the held post."""
    for listener in _import_all(settings.HELD_POST_LISTENERS):
        listener(post, post.status_reason)


def _import_all(paths: Iterable[str]) -> list[Callable[..., Any]]:
    return [import_string(path) for path in paths]


def _strictest(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: (verdict.refuse, verdict.hold), default=ALLOW)
