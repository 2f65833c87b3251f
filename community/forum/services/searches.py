"""Record members' searches in the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from community.events.catalogue import SEARCH_PERFORMED
from community.events.services.recording import Draft, actor_role_of, record_all

if TYPE_CHECKING:
    from community.members.models import Member


def record_search(member: Member, *, query: str, results: int) -> None:
    """Record a member's search; the same query is recorded once a day."""
    query, now = " ".join(query.lower().split())[:200], timezone.now()
    payload = {"query": query, "results": results} | ({"none_found": True} if results == 0 else {})
    search = Draft(
        name=SEARCH_PERFORMED,
        occurred_at=now,
        payload=payload,
        object_type=member._meta.label_lower,
        object_id=member.pk,
        member_id=member.pk,
        actor_id=member.pk,
        actor_role=actor_role_of(member),
        company_id=member.company_id,
        key=f"{now:%Y%m%d}:{query}",
    )
    record_all([search])
