"""Flags, the review queue, what was decided about people, and the log of staff acts."""

from .audit import AuditEntry
from .flags import Flag, Reason
from .policy import BlockedWord, Policy
from .reviews import ReviewItem, ReviewStep
from .sanctions import Sanction

__all__ = [
    "AuditEntry",
    "BlockedWord",
    "Flag",
    "Policy",
    "Reason",
    "ReviewItem",
    "ReviewStep",
    "Sanction",
]
