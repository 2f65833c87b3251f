"""How notifications show what moderation did."""

from __future__ import annotations

from collections.abc import Collection

from community.members.models import Member
from community.notifications.subjects import Subject

from .models import Sanction


def sanctions(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    """Only the person concerned is told of a decision."""
    mine = Sanction.objects.filter(pk__in=ids, member=reader)
    return {
        sanction.pk: Subject(sanction.get_kind_display(), sanction.get_absolute_url()) for sanction in mine
    }
