from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from community.events.catalogue import SEARCH_PERFORMED
from community.events.services import record

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def tell_search(member: Member, *, query: str, results: int) -> None:
    """Record what a member looked for; the same words again that day are one search."""
    query = " ".join(query.lower().split())[:200]
    record(
        SEARCH_PERFORMED, actor=member, subject=member, key=f"{timezone.now():%Y%m%d}:{query}", query=query,
        results=results, none_found=results == 0 or None,
    )  # fmt: skip
