"""The sales desk: keeping its questions in step with the posts, and working on them."""

from .claiming import claim_question, hand_over, release_question
from .following import follow_topics
from .marking import mark_urgent, settle_question, unmark_urgent
from .replying import reply_to_question
from .tracking import peers_around, track_topic

__all__ = [
    "claim_question",
    "follow_topics",
    "hand_over",
    "mark_urgent",
    "peers_around",
    "release_question",
    "reply_to_question",
    "settle_question",
    "track_topic",
    "unmark_urgent",
]
