"""A hook for apps in higher layers to object to what members write in their names and profiles.

The setting PROFILE_SCREENERS contains dotted paths of functions `fn(member, field, text) -> str`: a sentence for the
member, or an empty string. `member` is None during sign-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .models import Member


def objection(member: Member | None, field: str, text: str) -> str:
    """Return the first objection to this text in a profile field, or an empty string."""
    screeners = [import_string(path) for path in settings.PROFILE_SCREENERS] if text else []
    return next((sentence for screen in screeners if (sentence := screen(member, field, text))), "")
