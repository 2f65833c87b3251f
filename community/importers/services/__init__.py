"""Bringing another platform's community here, and taking it back."""

from .importing import ImportRefused, dry_run, open_batch, run
from .undoing import undo

__all__ = ["ImportRefused", "dry_run", "open_batch", "run", "undo"]
