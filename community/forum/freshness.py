"""Which topics and lists have changed, so that pages kept of them are dropped in time."""

from __future__ import annotations

from community.core.freshness import renew_on_commit

LISTS = "forum:version:lists"
# Of every post, wherever it is.
POSTS = "forum:version:posts"


def topic_key(topic_id: int) -> str:
    return f"forum:version:topic:{topic_id}"


def topic_changed(topic_id: int, *, lists: bool = True) -> None:
    """After the commit, drop what is kept of this topic, and of the lists when they show the change."""
    renew_on_commit([topic_key(topic_id), POSTS, *[LISTS] * lists])
