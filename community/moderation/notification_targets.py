"""How a notification about a moderation decision is shown, and where it leads."""

from __future__ import annotations

from collections.abc import Collection

from community.members.models import Member
from community.notifications.subjects import Subject

from .models import Sanction


def sanctions(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    """Return the sanctions of the reader; nobody else is notified of them."""
    mine = Sanction.objects.filter(pk__in=ids, member=reader)
    return {
        sanction.pk: Subject(sanction.get_kind_display(), sanction.get_absolute_url()) for sanction in mine
    }
