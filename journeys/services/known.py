"""What is known about members before they are folded, apart from their rollup and history: one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from community.core import prepared
from community.core.prepared import Ids
from community.members.models import team_sql
from journeys.engine.facts import Override

from . import checkpoints
from .checkpoints import Kept
from .rulesets import Live, live_ruleset
from .storage import STATE

# Deletes the checkpoints after the days from which the members are dirty, and returns the latest before.
_MEMBERS = f"""
WITH k AS (SELECT * FROM unnest(%(members)s::bigint[], %(firsts)s::date[]) k(member_id, first)),
late AS (DELETE FROM journeys_checkpoint c USING k WHERE c.member_id = k.member_id AND c.since > k.first)
SELECT m.id, {team_sql("m")}, m.customer_since, r.id, r.version, r.published_at,
  o.stage, o.mode, o.starts_on, o.expires_on, c.since, c.fold, c.advocacy,
  s.member_id IS NOT NULL, {", ".join(f"s.{name}" for name in STATE)}
FROM k JOIN members_member m ON m.id = k.member_id
LEFT JOIN journeys_ruleset r ON r.status = 'live'
LEFT JOIN journeys_override o ON o.member_id = m.id AND o.cleared_at IS NULL
LEFT JOIN member_state s ON s.member_id = m.id
LEFT JOIN LATERAL (
  SELECT since, fold, advocacy FROM journeys_checkpoint
  WHERE member_id = m.id AND since <= k.first AND since <= %(as_of)s AND ruleset = r.version AND code = %(code)s
  ORDER BY since DESC LIMIT 1) c ON true
"""  # noqa: S608


class Known(NamedTuple):
    """A member: whether they are staff, the override that has not been cleared, and what is stored about them."""

    is_team: bool
    customer_since: date | None
    overrides: tuple[Override, ...]
    checkpoint: Kept | None
    state: tuple[Any, ...] | None  # in the order of STATE


def known_members(
    member_ids: Collection[int],
    firsts: Mapping[int, date] = MappingProxyType({}),
    *,
    as_of: date = date.max,
) -> tuple[dict[int, Known], Live]:
    """Return those of these members who exist, and which rules are live.

    `firsts` has the days from which members are dirty: finds the latest checkpoints before, and deletes later ones.
    """
    values = {
        "members": Ids(member_ids),
        "firsts": [firsts.get(member_id) for member_id in member_ids],
        "as_of": as_of,
        "code": checkpoints.code(),
    }
    found, live = {}, None
    for pk, is_team, customer_since, *row in prepared.fetch(_MEMBERS, values):
        live, override, kept, (has_state, *state) = row[:3], row[3:7], row[7:10], row[10:]
        overrides = (Override(*override),) if override[0] is not None else ()
        checkpoint = Kept(*kept) if kept[0] is not None else None
        found[pk] = Known(is_team, customer_since, overrides, checkpoint, tuple(state) if has_state else None)
    if live is None or live[0] is None:
        first = live_ruleset()
        return found, Live(first.pk, first.version, first.published_at)
    return found, Live(*live)
