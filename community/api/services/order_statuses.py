"""Order statuses and their meaning: paid, unpaid or refunded. Unknown statuses are never guessed."""

from __future__ import annotations

import re
from enum import Enum

PAID = ("paid", "completed", "complete", "succeeded", "processing", "shipped", "fulfilled", "closed won")
UNPAID = (
    "pending",
    "pending payment",
    "failed",
    "cancelled",
    "voided",
    "authorized",
    "expired",
    "on hold",
    "draft",
    "checkout draft",
    "trash",
    "unpaid",
    "open",
    "declined",
    "abandoned",
    "requires payment method",
    "requires action",
    "requires capture",
    "requires confirmation",
    "uncaptured",
    "incomplete",
    "closed lost",
    "partially paid",
)
REFUNDED = ("refunded", "charged back", "chargeback")
PARTLY_REFUNDED = ("partially refunded", "partly refunded", "partial refund")
_SAME = {"canceled": "cancelled", "void": "voided", "authorised": "authorized", "success": "succeeded"}


class Meaning(Enum):
    PAID = PAID
    UNPAID = UNPAID
    REFUNDED = REFUNDED
    PARTLY_REFUNDED = PARTLY_REFUNDED


_MEANINGS = {status: meaning for meaning in Meaning for status in meaning.value}


def plain(status: str) -> str:
    """Normalize a status: "wc-completed" and "Completed" are the same."""
    words = re.sub(r"[\s_-]+", " ", status).strip().lower().removeprefix("wc ")
    words = words.replace("closedwon", "closed won").replace("closedlost", "closed lost")
    return _SAME.get(words, words)


def meaning(status: str) -> Meaning | None:
    """Return the meaning of a status, however it is spelled; None if unknown."""
    return _MEANINGS.get(plain(status))


# The names that `import_purchases --status` accepts.
BY_NAME = {
    "paid": Meaning.PAID,
    "unpaid": Meaning.UNPAID,
    "refunded": Meaning.REFUNDED,
    "partly_refunded": Meaning.PARTLY_REFUNDED,
}
