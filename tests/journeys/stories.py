"""Shorthand for a member's events in tests of the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

from journeys.engine.default_rules import DEFAULT_RULES
from journeys.engine.facts import RawEvent, Result
from journeys.engine.fold import fold
from journeys.engine.rollup import roll_up
from journeys.engine.ruleset import parse_ruleset

START = date(2024, 1, 1)
RULES = parse_ruleset(DEFAULT_RULES)
_SPACE = UUID(int=7)


def on(day: int) -> date:
    return START + timedelta(days=day)


def ev(day: int, name: str, nth: int = 0, **fields) -> RawEvent:
    """Return an event on day `day`; `nth` distinguishes events of one kind on a day."""
    return RawEvent(uuid5(_SPACE, f"{day}:{name}:{nth}"), 1, on(day), nth, name, **fields)


def at(hour: int, event: RawEvent) -> RawEvent:
    """Return the event at this hour of its day, UTC."""
    return replace(event, microsecond=hour * 3_600_000_000)


def sale(day: int, ref: str = "order-1", cents: int = 4900, **props) -> RawEvent:
    return ev(
        day,
        "purchase.completed",
        cents=cents,
        currency="EUR",
        props={"external_id": ref, **props},
        nth=_n(ref),
    )


def subscription(day: int, what: str, ref: str = "sub-1", cents: int | None = None, **props) -> RawEvent:
    return ev(
        day,
        f"subscription.{what}",
        cents=cents,
        currency="EUR",
        props={"external_id": ref, **props},
        nth=_n(ref),
    )


def refund(day: int, ref: str = "order-1", cents: int = 4900, full: bool = True) -> RawEvent:
    props = {"external_id": ref, "full": full}
    return ev(day, "purchase.refunded", cents=cents, currency="EUR", props=props, nth=_n(ref))


def fold_events(*events: RawEvent, as_of: int, **options) -> Result:
    """Fold these events as of day `as_of`."""
    options.setdefault("rules", RULES)
    return fold(roll_up(events), options.pop("rules"), as_of=on(as_of), **options)


def steps(result: Result) -> list[tuple[int, str, str]]:
    """Return each row as (day, stage.sub_stage, rule)."""
    return [
        ((row.effective_on - START).days, f"{row.stage}.{row.sub_stage}", row.rule) for row in result.rows
    ]


def _n(ref: str) -> int:
    return int(ref.rsplit("-", 1)[-1])
