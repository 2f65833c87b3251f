"""Facts from other systems: ingest each exactly once, and find out whom it is about."""

from .ingestion import Answer, ingest
from .parsers import parse_events, parse_purchases
from .purchase_files import FileProblem, describe_columns, import_purchases
from .quarantine import release
from .tokens import issue_token, revoke_token, token_of
from .waiting_events import apply_waiting, assign, dismiss, match_waiting, waiting_for

__all__ = [
    "Answer",
    "FileProblem",
    "apply_waiting",
    "assign",
    "describe_columns",
    "dismiss",
    "import_purchases",
    "ingest",
    "issue_token",
    "match_waiting",
    "parse_events",
    "parse_purchases",
    "release",
    "revoke_token",
    "token_of",
    "waiting_for",
]
