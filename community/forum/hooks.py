"""Where the apps above the forum plug in; each does so in its AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from community.members.models import Member

    from .models import Category, Post, Topic
    from .models.categories import Reader


@dataclass(frozen=True)
class Verdict:
    """What a screener says of a post about to be written."""

    hold: bool = False
    refuse: bool = False
    sentence: str = ""  # for the person: why it waits or is refused


ALLOW = Verdict()

Decorator = Callable[["Reader", "Topic", Sequence["Post"]], Mapping[str, object]]
OwnMarks = Callable[["Member", Sequence[int]], Mapping[str, Mapping[int, object]]]
Screener = Callable[["Member", "Category", "Topic | None", str], Verdict]
EditScreener = Callable[["Member", str, str], Verdict]
HoldListener = Callable[["Post", str], None]

_decorators: list[Decorator] = []
_own_marks: list[OwnMarks] = []
_screeners: list[Screener] = []
_edit_screeners: list[EditScreener] = []
_hold_listeners: list[HoldListener] = []


def decorate_thread(decorator: Decorator) -> Decorator:
    """Add context to every page of a topic: `fn(reader, topic, posts) -> {name: value}`, queries included.

    One call a page, so it must cost the same number of queries for one post and for twenty. For an ordinary
    member it is to be the same for all of them, as they are shown the same page; what is each one's own comes
    from `mark_posts`.
    """
    _decorators.append(decorator)
    return decorator


def mark_posts(marks: OwnMarks) -> OwnMarks:
    """Say what a member did to posts: `fn(member, post ids) -> {name: {post id: value}}`, for holes in pages."""
    _own_marks.append(marks)
    return marks


def screen_post(screener: Screener) -> Screener:
    """Judge what is about to be posted: `fn(author, category, topic or None when new, source) -> Verdict`."""
    _screeners.append(screener)
    return screener


def screen_edit(screener: EditScreener) -> EditScreener:
    """Judge what authors make of their posts: `fn(author, before, after) -> Verdict`."""
    _edit_screeners.append(screener)
    return screener


def when_held(listener: HoldListener) -> HoldListener:
    """Hear of every post that waits for approval: `fn(post, why)`, in the transaction that wrote it."""
    _hold_listeners.append(listener)
    return listener


# What the forum asks


def thread_decorations(reader: Reader, topic: Topic, posts: Sequence[Post]) -> dict[str, object]:
    """Return what all apps add to the context of a page of posts."""
    context: dict[str, object] = {}
    for decorator in _decorators:
        context.update(decorator(reader, topic, posts))
    return context


def own_marks(member: Member, post_ids: Sequence[int]) -> dict[str, Mapping[int, object]]:
    """Return what all apps know that the member did to these posts."""
    found: dict[str, Mapping[int, object]] = {}
    for marks in _own_marks:
        found.update(marks(member, post_ids))
    return found


def screened(author: Member, category: Category, topic: Topic | None, source: str) -> Verdict:
    """Return the strictest verdict of all screeners."""
    return _strictest(screener(author, category, topic, source) for screener in _screeners)


def screened_edit(author: Member, before: str, after: str) -> Verdict:
    """Return the strictest verdict of all screeners on an author's change."""
    return _strictest(screener(author, before, after) for screener in _edit_screeners)


def tell_held(post: Post) -> None:
    """Let everybody who listens know that the post waits, and why."""
    for listener in _hold_listeners:
        listener(post, post.status_reason)


def _strictest(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: (verdict.refuse, verdict.hold), default=ALLOW)
