"""Titles and links of notifications about sanctions."""

from __future__ import annotations

from collections.abc import Collection

from community.members.models import Member
from community.notifications.subjects import Subject

from .models import Sanction


def sanctions(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    """Return the reader's own sanctions; nobody else is notified about them."""
    own = Sanction.objects.filter(pk__in=ids, member=reader)
    return {
        sanction.pk: Subject(sanction.get_kind_display(), sanction.get_absolute_url()) for sanction in own
    }
