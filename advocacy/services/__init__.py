"""Keeping the scores that the stage engine's drain asks for."""

from .peers import affected_by, known_peers
from .scoring import Known, differences, standings_of
from .storing import store

__all__ = ["Known", "affected_by", "differences", "known_peers", "standings_of", "store"]
