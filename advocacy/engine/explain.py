"""The explanation that is stored with a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from .arithmetic import HUNDREDTH, as_points
from .caps import quarter_of
from .contributions import Contribution, contributions
from .search import band_limits, band_of, earliest, falls_below, reaching
from .tally import Tally
from .weights import BANDS, COMPONENTS, KINDS, STRIKE_DAYS, STRIKE_POINTS

TOP = 5


def explain(tally: Tally, as_of: date) -> dict[str, Any]:
    """Return the explanation as JSON types; points are strings with two decimals, days are ISO dates.

    - `components`: points and maximum, and the exact sum behind them in billionths
    - `top`: the five acts that contribute most. Where a cap excluded some acts of a day, it is not defined
      which, so that day's acts are one entry: `n` counted out of `of`, and `each` is the value of one
    - `capped`: how many acts of a kind do not count, and why (self, staff, account, pair, day)
    - `penalties`: upheld strikes that still cost points
    - `next`: when the score leaves its band without new events; None when it never does
    """
    day = as_of.toordinal()
    points = tally.points(day)
    return {
        "components": {
            key: {
                "points": as_points(points.components.get(key, 0)),
                "most": component.most,
                "sum": tally.sum_of(key, day),
            }
            for key, component in COMPONENTS.items()
        },
        "top": _top(contributions(tally, day, most=TOP)),
        "capped": _capped(tally, as_of),
        "penalties": [
            {
                "day": date.fromordinal(then).isoformat(),
                "points": STRIKE_POINTS * n,
                "until": date.fromordinal(then + STRIKE_DAYS).isoformat(),
            }
            for then, n in tally.strikes.items()
            if 0 <= day - then < STRIKE_DAYS
        ],
        "next": next_change(tally, as_of),
    }


def _top(acts: list[Contribution]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for act in acts:
        entry = {
            "kind": act.kind,
            "day": date.fromordinal(act.day).isoformat(),
            "each": as_points(act.each),
        }
        ids = [str(one) for one in act.event_ids]
        if act.n == act.of == len(ids):
            entries += [{**entry, "n": 1, "of": 1, "events": [one]} for one in ids]
        else:
            entries.append({**entry, "n": act.n, "of": act.of, "events": ids})
        if len(entries) >= TOP or act.each < HUNDREDTH:
            break
    return entries[:TOP]


def _capped(tally: Tally, as_of: date) -> list[dict[str, Any]]:
    """Return the acts that do not count, for the quarters within the horizon."""
    left_out: Counter[tuple[str, str]] = Counter()
    since = _first_quarters(as_of)
    for kind, quarter, reasons in tally.dropped:
        if quarter >= since[kind]:
            for why, n in reasons.items():
                left_out[kind, why] += n
    return [{"kind": kind, "why": why, "n": n} for (kind, why), n in sorted(left_out.items()) if n]


@lru_cache(maxsize=16)
def _first_quarters(as_of: date) -> Mapping[str, int]:
    """Return the first quarter within the horizon, by kind."""
    return {
        kind: quarter_of(as_of - timedelta(days=COMPONENTS[counts.component].horizon))
        for kind, counts in KINDS.items()
    }


def next_change(tally: Tally, as_of: date) -> dict[str, Any] | None:
    """Return the exact date on which the score leaves its band without new events; None when it never does."""
    day = as_of.toordinal()
    now = tally.points(day).hundredths
    lower, upper = band_limits(now)
    last = tally.stable_from()
    falls = falls_below(tally, day + 1, last, lower) if lower else None
    rises = None if tally.only_falls else earliest(day + 1, falls or last, reaching(tally, upper))
    on = min((found for found in (falls, rises) if found), default=None)
    if on is None:
        return None
    band = band_of(tally.points(on).hundredths)
    line = BANDS[band] if on == rises else BANDS[band_of(now)]
    when = date.fromordinal(on)
    return {
        "on": when.isoformat(),
        "band": band,
        "line": line,
        "sentence": _sentence(when, as_of, line, on == rises),
    }


def _sentence(when: date, as_of: date, line: int, rises: bool) -> str:
    on = f"{when.day} {when:%b}" if when.year == as_of.year else f"{when.day} {when:%b} {when.year}"
    if rises:
        return f"Rises to {line} on {on} when something that lowers it expires."
    soon = " (tomorrow)" if when - as_of == timedelta(days=1) else ""
    return f"Falls below {line} on {on}{soon} unless something new is counted."
