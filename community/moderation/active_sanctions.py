"""The sanctions in force, cached because every request checks them."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from community.core import request_cache, versioned_cache
from community.members.models import Member

from .models import Sanction

KEY = "moderation:active-sanctions"
VERSION = "moderation:version:active-sanctions"
SECONDS = 60

# Member id: (kind, sanction id, end or None). Of several, the most severe, then the longest.
ActiveSanctions = dict[int, tuple[str, int, datetime | None]]


def by_member() -> ActiveSanctions:
    return request_cache.get(KEY, _load)


def _load() -> ActiveSanctions:
    known: ActiveSanctions | None
    known, versions = versioned_cache.get(KEY, depends_on=[VERSION])
    if known is not None:
        return known
    known = _query()
    versioned_cache.store(KEY, known, versions=versions, seconds=SECONDS)
    return known


def _query() -> ActiveSanctions:
    found: ActiveSanctions = {}
    in_force = list(Sanction.objects.in_force())
    in_force.sort(key=_severity)
    for sanction in in_force:
        found[sanction.member_id] = (sanction.kind, sanction.pk, sanction.ends_at)
    return found


def _severity(sanction: Sanction) -> tuple[bool, bool, float]:
    ends = sanction.ends_at.timestamp() if sanction.ends_at else 0.0
    return (sanction.kind == Sanction.Kind.SUSPENSION, sanction.ends_at is None, ends)


def invalidate_on_commit() -> None:
    """Drop the cached sanctions after the commit; call this whenever a sanction changes."""
    versioned_cache.invalidate_on_commit([VERSION])
    request_cache.forget(KEY)


def active_sanction_id(member: Member) -> int | None:
    """Return the id of the member's silence or suspension that is in force, if any."""
    entry = by_member().get(member.pk)
    if entry is None or (entry[2] is not None and entry[2] <= timezone.now()):
        return None
    return entry[1]


def is_suspended(member: Member) -> bool:
    return active_sanction_id(member) is not None and by_member()[member.pk][0] == Sanction.Kind.SUSPENSION


def is_silenced(member: Member) -> bool:
    """Return whether the member may not post; true for suspended members too."""
    return active_sanction_id(member) is not None
