"""`Member.customer_since`, denormalised from the journey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from community.members.models import Member
from journeys.engine.facts import Result


def update_customer_since(results: Mapping[int, Result], stored: Mapping[int, date | None]) -> int:
    """Set or clear `customer_since` where it changed; return the number of members changed."""
    changed = [
        Member(pk=member_id, customer_since=since)
        for member_id, result in results.items()
        if (since := customer_since(result)) != stored[member_id]
    ]
    Member.objects.bulk_update(changed, ["customer_since"], batch_size=1000)
    return len(changed)


def customer_since(result: Result) -> date | None:
    return result.state.customer_since if result.state else None
