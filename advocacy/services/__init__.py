"""Keeping the scores that the stage engine's drain asks for."""

from .peers import affected_by, known_peers
from .scoring import Known, differences, standings_of
from .storing import store
from .today import known_today, last_year

__all__ = [
    "Known",
    "affected_by",
    "differences",
    "known_peers",
    "known_today",
    "last_year",
    "standings_of",
    "store",
]
