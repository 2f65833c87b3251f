"""Keeping the catalogue of badges, and giving them."""

from .awarding import award_earned, give_badge, take_back
from .catalogue import sync_badges
from .earning import Earned, earned
from .progress import Progress, progress_of

__all__ = [
    "Earned",
    "Progress",
    "award_earned",
    "earned",
    "give_badge",
    "progress_of",
    "sync_badges",
    "take_back",
]
