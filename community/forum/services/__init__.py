"""Everything that changes the forum. Each service locks, may be run twice, and records its events."""

from .arranging import (
    close_topic,
    merge_topic,
    move_topic,
    pin_topic,
    reopen_topic,
    split_topic,
    unpin_topic,
)
from .counting import recount_categories, recount_topics
from .editing import edit_post, edit_topic
from .heat import heat, heat_all
from .holding import edit_and_hold
from .liking import like, unlike
from .reading import mark_read
from .refusal import Refused
from .removal import delete_post, hide_post, restore_post, unhide_post
from .searching import tell_search
from .tagging import set_tags
from .telling import creation_drafts
from .versions import hide_revision, show_revision
from .viewing import count_view, write_views
from .writing import create_post, create_topic, publish_post

__all__ = [
    "Refused",
    "close_topic",
    "count_view",
    "create_post",
    "create_topic",
    "creation_drafts",
    "delete_post",
    "edit_and_hold",
    "edit_post",
    "edit_topic",
    "heat",
    "heat_all",
    "hide_post",
    "hide_revision",
    "like",
    "mark_read",
    "merge_topic",
    "move_topic",
    "pin_topic",
    "publish_post",
    "recount_categories",
    "recount_topics",
    "reopen_topic",
    "restore_post",
    "set_tags",
    "show_revision",
    "split_topic",
    "tell_search",
    "unhide_post",
    "unlike",
    "unpin_topic",
    "write_views",
]
