"""Where a member stands as of a day, and the exact date on which time alone changes that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from .activity import BEFORE, RECENT, Pulse, Signs
from .facts import Override, Row, State
from .ruleset import Ruleset
from .stages import floored

Due = tuple[date, str]


def shown_stage(stage: str, overrides: Sequence[Override], day: date) -> str:
    """Return the stage to show: a live override's, else the computed one. The newest override wins."""
    live = [override for override in overrides if override.holds(day)]
    if not live:
        return stage
    override = max(live, key=lambda one: (one.starts_on, one.expires_on))
    return floored(stage, override.stage) if override.mode == "floor" else override.stage


def next_change(as_of: date, days: Iterable[date], value: Callable[[date], object]) -> date | None:
    """Return the first of `days` after `as_of` on which `value` is no longer what it is at `as_of`."""
    now = value(as_of)
    return next((day for day in sorted(set(days)) if day > as_of and value(day) != now), None)


def state_of(
    row: Row,
    *,
    since: date,
    customer_since: date | None,
    pulse: Pulse,
    signs: Signs | None,
    active_days: Sequence[date],
    deadline: Due | None,
    overrides: Sequence[Override],
    rules: Ruleset,
    as_of: date,
) -> State:
    """Return the state of a member whose open history row is `row`.

    `signs` is None for those who are no customers, `deadline` the next one of the stage itself.
    """
    if pulse.first_on is None:
        raise ValueError("Somebody with a stage has been seen.")
    recent = [day for day in active_days[-RECENT - BEFORE :] if (as_of - day).days < RECENT + BEFORE]
    next_due, why = min(
        _dues(row.stage, deadline, pulse, signs, recent, overrides, rules, as_of), default=(None, "")
    )
    return State(
        stage=row.stage,
        sub_stage=row.sub_stage,
        facets=row.facets,
        cycle=row.cycle,
        stage_since=since,
        first_on=pulse.first_on,
        last_active_on=pulse.last_on,
        customer_since=customer_since,
        activity=pulse.activity_on(as_of, rules.activity),
        risks=signs.on(as_of, recent, rules.A1) if signs else (),
        shown_stage=shown_stage(row.stage, overrides, as_of),
        next_due=next_due,
        next_due_why=why,
    )


def _dues(
    stage: str,
    deadline: Due | None,
    pulse: Pulse,
    signs: Signs | None,
    recent: Sequence[date],
    overrides: Sequence[Override],
    rules: Ruleset,
    as_of: date,
) -> Iterator[Due]:
    if deadline is not None:
        yield deadline
    turning = pulse.turning_days(rules.activity)
    if day := next_change(as_of, turning, lambda day: pulse.activity_on(day, rules.activity)):
        yield day, "activity"
    if signs is not None:
        turning = signs.turning_days(recent, rules.A1)
        if day := next_change(as_of, turning, lambda day: signs.on(day, recent, rules.A1)):
            yield day, "A1"
    turning = (day for one in overrides for day in (one.starts_on, one.expires_on))
    if day := next_change(as_of, turning, lambda day: shown_stage(stage, overrides, day)):
        yield day, "override"
