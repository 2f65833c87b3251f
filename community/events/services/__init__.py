"""Writing the event log and following it."""

from .following import behind, follow, retry_dead_letters
from .partitions import ensure_months
from .recording import Draft, purge, record, record_all, reinstate, retract

__all__ = [
    "Draft",
    "behind",
    "ensure_months",
    "follow",
    "purge",
    "record",
    "record_all",
    "reinstate",
    "retract",
    "retry_dead_letters",
]
