"""A member's state as of a day, and the exact date on which it changes without an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta

from .activity import BEFORE, RECENT, ActivityDates, RiskSignals
from .facts import Override, Row, State
from .ruleset import Ruleset
from .stages import floored

Due = tuple[date, str]


def shown_stage(stage: str, overrides: Sequence[Override], day: date) -> str:
    """Return the stage to show: the newest live override's, or the computed one."""
    live = [override for override in overrides if override.is_live(day)]
    if not live:
        return stage
    override = max(live, key=lambda one: (one.starts_on, one.expires_on))
    return floored(stage, override.stage) if override.mode == "floor" else override.stage


def next_change(as_of: date, days: Iterable[date], value: Callable[[date], object]) -> date | None:
    """Return the first of `days` after `as_of` on which `value` differs from its value on `as_of`."""
    later = sorted({day for day in days if day > as_of})
    if not later:
        return None
    now = value(as_of)
    return next((day for day in later if value(day) != now), None)


def state_of(
    row: Row,
    *,
    since: date,
    customer_since: date | None,
    dates: ActivityDates,
    signals: RiskSignals | None,
    active_days: Iterable[date],
    deadline: Due | None,
    overrides: Sequence[Override],
    rules: Ruleset,
    as_of: date,
) -> State:
    """Return the state of a member whose open history row is `row`.

    `signals` is None for members who are not customers; `deadline` is the next one of the stage itself.
    """
    if dates.first_on is None:
        raise ValueError("A member with a stage must have been seen.")
    oldest = as_of - timedelta(days=RECENT + BEFORE)
    recent = [day for day in active_days if day > oldest]
    next_due, why = min(
        _due_dates(row.stage, deadline, dates, signals, recent, overrides, rules, as_of), default=(None, "")
    )
    return State(
        stage=row.stage,
        sub_stage=row.sub_stage,
        facets=row.facets,
        cycle=row.cycle,
        stage_since=since,
        first_on=dates.first_on,
        last_active_on=dates.last_on,
        customer_since=customer_since,
        activity=dates.activity_on(as_of, rules.activity),
        risks=signals.active_on(as_of, recent, rules.A1) if signals else (),
        shown_stage=shown_stage(row.stage, overrides, as_of),
        next_due=next_due,
        next_due_why=why,
    )


def _due_dates(
    stage: str,
    deadline: Due | None,
    dates: ActivityDates,
    signals: RiskSignals | None,
    recent: Sequence[date],
    overrides: Sequence[Override],
    rules: Ruleset,
    as_of: date,
) -> Iterator[Due]:
    if deadline is not None:
        yield deadline
    candidates = dates.change_dates(rules.activity)
    if day := next_change(as_of, candidates, lambda day: dates.activity_on(day, rules.activity)):
        yield day, "activity"
    if signals is not None:
        candidates = signals.change_dates(recent, rules.A1)
        if day := next_change(as_of, candidates, lambda day: signals.active_on(day, recent, rules.A1)):
            yield day, "A1"
    candidates = (day for override in overrides for day in (override.starts_on, override.expires_on))
    if day := next_change(as_of, candidates, lambda day: shown_stage(stage, overrides, day)):
        yield day, "override"
