"""The sanctions in force, cached because every request asks for them."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from community.core import request_cache, versioned_cache
from community.members.models import Member

from .models import Sanction

KEY = "moderation:barred"
VERSION = "moderation:version:barred"
SECONDS = 60

# Member id: (kind, sanction id, end or None); of several the one that bars most, and longest.
Barred = dict[int, tuple[str, int, datetime | None]]


def barred() -> Barred:
    return request_cache.get(KEY, _barred)


def _barred() -> Barred:
    known: Barred | None
    known, versions = versioned_cache.get(KEY, depends_on=[VERSION])
    if known is not None:
        return known
    known = _read()
    versioned_cache.store(KEY, known, versions=versions, seconds=SECONDS)
    return known


def _read() -> Barred:
    found: Barred = {}
    in_force = list(Sanction.objects.in_force())
    in_force.sort(key=_weight)
    for sanction in in_force:
        found[sanction.member_id] = (sanction.kind, sanction.pk, sanction.ends_at)
    return found


def _weight(sanction: Sanction) -> tuple[bool, bool, float]:
    ends = sanction.ends_at.timestamp() if sanction.ends_at else 0.0
    return (sanction.kind == Sanction.Kind.SUSPENSION, sanction.ends_at is None, ends)


def forget() -> None:
    """Drop the cached sanctions after the commit; call it whenever a sanction changes."""
    versioned_cache.invalidate_on_commit([VERSION])
    request_cache.forget(KEY)


def bar_of(member: Member) -> int | None:
    """Return the id of the sanction that bars the member now, if one does."""
    entry = barred().get(member.pk)
    if entry is None or (entry[2] is not None and entry[2] <= timezone.now()):
        return None
    return entry[1]


def is_suspended(member: Member) -> bool:
    return _is(member, Sanction.Kind.SUSPENSION)


def is_silenced(member: Member) -> bool:
    """A suspended member is silenced too."""
    return bar_of(member) is not None


def _is(member: Member, kind: str) -> bool:
    return bar_of(member) is not None and barred()[member.pk][0] == kind
