"""The catalogue of badges, and awarding them."""

from .awards import award_earned, give_badge, take_back
from .catalogue import sync_badges
from .progress import Progress, progress_of

__all__ = [
    "Progress",
    "award_earned",
    "give_badge",
    "progress_of",
    "sync_badges",
    "take_back",
]
