"""The sales desk: its questions, kept in sync with the posts, and the actions on them."""

from .claims import claim_question, hand_over, release_question
from .prospect_events import sync_topics
from .replies import reply_to_question
from .states import mark_urgent, settle_question, unmark_urgent
from .tracking import has_active_peers, track_topic

__all__ = [
    "claim_question",
    "hand_over",
    "has_active_peers",
    "mark_urgent",
    "release_question",
    "reply_to_question",
    "settle_question",
    "sync_topics",
    "track_topic",
    "unmark_urgent",
]
