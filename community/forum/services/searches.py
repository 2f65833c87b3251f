"""Record members' searches in the event log."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from community.events.catalogue import SEARCH_PERFORMED
from community.events.services.recording import record

if TYPE_CHECKING:
    from community.members.models import Member

DAY = 86_400


def record_search(member: Member, *, query: str, results: int) -> None:
    """Record a member's search; the same query is recorded once a day."""
    query = " ".join(query.lower().split())[:200]
    key = f"{timezone.now():%Y%m%d}:{query}"
    seen = f"forum:searched:{member.pk}:{blake2b(key.encode(), digest_size=16).hexdigest()}"
    if cache.get(seen):
        return
    with transaction.atomic():
        transaction.on_commit(lambda: cache.set(seen, 1, DAY), robust=True)
        record(
            SEARCH_PERFORMED,
            actor=member,
            subject=member,
            key=key,
            query=query,
            results=results,
            none_found=results == 0 or None,
        )
