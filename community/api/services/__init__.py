"""Facts from other systems: taking each in exactly once, and finding out whose they are."""

from .aside import try_again
from .files import FileProblem, columns_told, import_purchases
from .intake import Answer, take_in
from .reading import event_arrivals, purchase_arrivals
from .tokens import issue_token, revoke_token, token_of
from .waiting import apply_waiting, assign, dismiss, match_waiting, waiting_for

__all__ = [
    "Answer",
    "FileProblem",
    "apply_waiting",
    "assign",
    "columns_told",
    "dismiss",
    "event_arrivals",
    "import_purchases",
    "issue_token",
    "match_waiting",
    "purchase_arrivals",
    "revoke_token",
    "take_in",
    "token_of",
    "try_again",
    "waiting_for",
]
