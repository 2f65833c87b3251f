"""What is known about members before they are folded, apart from their rollup and history: one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from community.core import prepared
from community.core.prepared import Ids
from community.members.models import team_sql
from journeys.engine.facts import Override

from .rulesets import Live, live_ruleset
from .storage import STATE

_MEMBERS = f"""
SELECT m.id, {team_sql("m")}, m.customer_since, r.id, r.version, r.published_at,
  o.stage, o.mode, o.starts_on, o.expires_on, s.member_id IS NOT NULL, {", ".join(f"s.{name}" for name in STATE)}
FROM members_member m
LEFT JOIN journeys_ruleset r ON r.status = 'live'
LEFT JOIN journeys_override o ON o.member_id = m.id AND o.cleared_at IS NULL
LEFT JOIN member_state s ON s.member_id = m.id
WHERE m.id = ANY(%s)
"""  # noqa: S608


class Known(NamedTuple):
    """A member: whether they are staff, the override that has not been cleared, and the stored state."""

    is_team: bool
    customer_since: date | None
    overrides: tuple[Override, ...]
    state: tuple[Any, ...] | None  # in the order of STATE


def known_members(member_ids: Collection[int]) -> tuple[dict[int, Known], Live]:
    """Return those of these members who exist, and which rules are live."""
    found, live = {}, None
    for pk, is_team, customer_since, *row in prepared.fetch(_MEMBERS, [Ids(member_ids)]):
        live, override, (has_state, *state) = row[:3], row[3:7], row[7:]
        overrides = (Override(*override),) if override[0] is not None else ()
        found[pk] = Known(is_team, customer_since, overrides, tuple(state) if has_state else None)
    if live is None or live[0] is None:
        first = live_ruleset()
        return found, Live(first.pk, first.version, first.published_at)
    return found, Live(*live)
