"""Everything that changes the state of moderation."""

from .appeals import appeal_post, appeal_sanction, decide_appeal
from .audit import keep_entry
from .flags import flag_post, withdraw_flag
from .queue import Conflict, claim, queue_post, release
from .reviews import Decision, decide
from .sanctions import impose, lift, tell_endings

__all__ = [
    "Conflict",
    "Decision",
    "appeal_post",
    "appeal_sanction",
    "claim",
    "decide",
    "decide_appeal",
    "flag_post",
    "impose",
    "keep_entry",
    "lift",
    "queue_post",
    "release",
    "tell_endings",
    "withdraw_flag",
]
