"""What the kept pages of the forum show: one topic, lists of topics, or words of any posts."""

from __future__ import annotations

from community.core.kept import renew_on_commit

LISTS = "forum:version:lists"
# Of every post, wherever it is.
POSTS = "forum:version:posts"


def topic_version(topic_id: int) -> str:
    return f"forum:version:topic:{topic_id}"


def topic_changed(topic_id: int, *, lists: bool = True) -> None:
    """After the commit, drop what is kept of this topic, and of the lists when they show the change."""
    renew_on_commit([topic_version(topic_id), POSTS, *[LISTS] * lists])
