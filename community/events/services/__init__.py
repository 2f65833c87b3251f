"""Record events, and run the followers."""

from .cursors import follow, is_behind, retry_dead_letters
from .partitions import ensure_months
from .recording import Draft, purge, record, record_all, reinstate, retract

__all__ = [
    "Draft",
    "ensure_months",
    "follow",
    "is_behind",
    "purge",
    "record",
    "record_all",
    "reinstate",
    "retract",
    "retry_dead_letters",
]
