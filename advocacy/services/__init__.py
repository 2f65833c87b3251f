"""Compute and store scores for the stage engine's drain."""

from .peers import affected_by, load_peers
from .scores import MemberScore, compute_results, differences
from .storage import store
from .today import last_year, score_today

__all__ = [
    "MemberScore",
    "affected_by",
    "compute_results",
    "differences",
    "last_year",
    "load_peers",
    "score_today",
    "store",
]
