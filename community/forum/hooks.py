"""Where the apps above the forum plug in; each does so in its AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from community.members.models import Member

    from .models import Post, Topic
    from .models.categories import Reader


Decorator = Callable[["Reader", "Topic", Sequence["Post"]], Mapping[str, object]]
OwnMarks = Callable[["Member", Sequence[int]], Mapping[str, Mapping[int, object]]]

_decorators: list[Decorator] = []
_own_marks: list[OwnMarks] = []


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
