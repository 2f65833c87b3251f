"""Flags, the review queue, sanctions and the audit log."""

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
