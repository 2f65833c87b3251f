"""`Member.customer_since`, denormalised from the journey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import connection

from journeys.engine.facts import Result

_UPDATE = """
UPDATE members_member m SET customer_since = u.since FROM unnest(%s::bigint[], %s::date[]) u(id, since)
WHERE m.id = u.id
"""


def update_customer_since(results: Mapping[int, Result], stored: Mapping[int, date | None]) -> int:
    """Set or clear `customer_since` where it changed; return the number of members changed."""
    changed = {
        member_id: since
        for member_id, result in results.items()
        if (since := customer_since(result)) != stored[member_id]
    }
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [list(changed), list(changed.values())])
    return len(changed)


def customer_since(result: Result) -> date | None:
    return result.state.customer_since if result.state else None
