"""Roll up events into facts, in Python.

The drain does the same in SQL. This implementation is for property tests and for `journeys_replay --check`,
which would prove little if it shared the code that it checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .facts import EVIDENCE_MOST, Fact, RawEvent

# Kinds that the rollup ignores: the engine's own output, and housekeeping.
NEUTRAL = frozenset(
    {
        "badge.earned",
        "consent.changed",
        "event.reinstated",
        "event.retracted",
        "identity.linked",
        "identity.unlinked",
        "member.role_changed",
        "override.cleared",
        "override.set",
        "score.band_changed",
        "stage.entered",
        "stage.superseded",
    }
)
# Kinds whose events the fold or the score needs one by one, not only as a count.
DETAILED = frozenset(
    {
        "nps.answered",
        "payment.failed",
        "prospect.peer_replied",
        "purchase.completed",
        "purchase.refunded",
        "subscription.cancelled",
        "subscription.downgraded",
        "subscription.lapsed",
        "subscription.renewed",
        "subscription.started",
        "subscription.upgraded",
        "support.ticket_closed",
        "support.ticket_opened",
    }
)


def roll_up(events: Iterable[RawEvent]) -> list[Fact]:
    """Return one member's facts, ordered by (day, kind). `events` may come in any order."""
    groups: dict[tuple[Any, str], dict[Any, RawEvent]] = {}
    for event in events:
        if event.name not in NEUTRAL:
            groups.setdefault((event.day, event.name), {})[event.event_id] = event
    return [_fact(groups[key]) for key in sorted(groups)]


def _fact(found: dict[Any, RawEvent]) -> Fact:
    events = sorted(found.values(), key=lambda event: (event.microsecond, event.log, event.event_id))
    first = events[0]
    pairs = Counter(_pair(event) for event in events if event.counterpart_id is not None)
    return Fact(
        day=first.day,
        kind=first.name,
        n=len(events),
        ids=b"".join(event.event_id.bytes for event in events[:EVIDENCE_MOST]),
        pairs=dict(pairs) or None,
        items=[_item(event) for event in events] if first.name in DETAILED else None,
    )


def _pair(event: RawEvent) -> str:
    role = event.props.get("role") if event.name in DETAILED else None
    return str(event.counterpart_id) if role is None else f"{event.counterpart_id}:{role}"


def _item(event: RawEvent) -> dict[str, Any]:
    return {
        "id": str(event.event_id),
        "cents": event.cents,
        "currency": event.currency,
        "props": dict(event.props),
        "at": event.microsecond,
        "log": list(event.log),
    }
