"""A hook for apps above to object to what members write in their name and profile.

The setting PROFILE_SCREENERS contains dotted paths of functions `fn(member, field, text) -> str`: a sentence for the
member, or an empty string. `member` is None for someone who is signing up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .models import Member


def objection(member: Member | None, field: str, text: str) -> str:
    """Return the first objection to this text in a field of a profile; an empty string if there is none."""
    screeners = [import_string(path) for path in settings.PROFILE_SCREENERS] if text else []
    return next((sentence for screen in screeners if (sentence := screen(member, field, text))), "")
