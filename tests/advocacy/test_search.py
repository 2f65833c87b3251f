"""The search for the first day on which something holds."""

import pytest

from advocacy.engine.caps import NO_PEERS
from advocacy.engine.search import (
    OVER,
    band_limits,
    band_of,
    earliest,
    falls_below,
    leaves_band,
)
from advocacy.engine.tally import Tally, tally_of

from .acts import ME, TODAY, answered_nps, did, in_order

FIRST, LAST = 1, 100
NOW = TODAY.toordinal()
YEAR = 365
LONGEST = 5 * YEAR


class Condition:
    """A condition that holds on some days, as a test of ranges; it counts how often it is asked."""

    def __init__(self, days) -> None:
        self.days, self.asked = set(days), 0

    def __call__(self, first: int, last: int) -> bool:
        self.asked += 1
        return any(first <= day <= last for day in self.days)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([], None),
        ([FIRST], FIRST),
        ([LAST], LAST),
        (range(40, LAST + 1), 40),
        (range(FIRST, LAST + 1), FIRST),
        ([7, 60], 7),  # a penalty expired between them
        (range(7, 9), 7),
        ([6, 8, 41, 98], 6),
    ],
)
def test_earliest_is_the_first_day(days, found):
    assert earliest(FIRST, LAST, Condition(days)) == found


def test_earliest_looks_only_between_the_two_days():
    assert earliest(8, 59, Condition([7, 60])) is None
    assert earliest(7, 59, Condition([7, 60])) == 7
    assert earliest(8, 60, Condition([7, 60])) == 60
    assert earliest(9, 8, Condition(range(FIRST, LAST + 1))) is None


def test_earliest_bisects():
    condition = Condition(range(50, LAST + 1))

    earliest(FIRST, LAST, condition)

    assert condition.asked <= 2 * 8


def falling() -> Tally:
    return tally_of([did("answer.accepted", 5)], TODAY, member_id=ME, peers=NO_PEERS)


def first_below(tally: Tally, line: int, last: int = NOW + LONGEST) -> int | None:
    return next((day for day in range(NOW, last + 1) if tally.points(day).hundredths < line), None)


def test_falls_below_finds_a_day_more_than_a_year_ahead():
    tally = falling()
    line = tally.points(NOW + YEAR + 100).hundredths + 1

    found = falls_below(tally, NOW, NOW + LONGEST, line)

    assert found == first_below(falling(), line) > NOW + YEAR


def test_falls_below_returns_no_day_outside_the_range():
    tally = falling()
    line = tally.points(NOW + 100).hundredths + 1
    day = falls_below(tally, NOW, NOW + YEAR, line)

    assert NOW < day <= NOW + 100
    assert falls_below(tally, NOW, day - 1, line) is None
    assert falls_below(tally, NOW, day, line) == day
    assert falls_below(tally, day + 5, day + 9, line) == day + 5  # below since before
    assert falls_below(tally, day + 1, day, line) is None


@pytest.mark.parametrize(("days", "line"), [(30, 1000), (30, 3000), (900, 3500)])
def test_falls_below_guesses_the_day(monkeypatch, days, line):
    kinds = ["reply.created", "topic.created", "referral.registered", "story.shared"]
    facts = in_order([did(kinds[ago % 4], ago=ago) for ago in range(days)])
    tally, asked = tally_of(facts, TODAY, member_id=ME, peers=NO_PEERS), []
    margin = tally.margin
    monkeypatch.setattr(tally, "margin", lambda *on: asked.append(on) or margin(*on))

    day = falls_below(tally, NOW + 1, NOW + LONGEST, line)

    assert len(asked) <= 8
    assert not tally.is_below(line, day - 1)
    assert tally.is_below(line, day)


def test_falls_below_computes_the_exact_score_only_where_it_is_close(monkeypatch):
    tally, days = falling(), []
    line = tally.points(NOW + 50).hundredths + 1
    points = tally.points
    monkeypatch.setattr(tally, "points", lambda *asked: days.append(asked) or points(*asked))

    found = falls_below(tally, NOW, NOW + LONGEST, line)

    assert found == first_below(falling(), line)
    assert len(days) <= 2


def test_falls_below_sees_a_score_that_rises_in_between():
    """As a detractor's answer fades, the score rises; it is searched for anew each time."""
    facts = in_order([did("answer.accepted", 5, ago=1), answered_nps(0)])
    tally = tally_of(facts, TODAY, member_id=ME, peers=NO_PEERS)
    lines = {tally.points(NOW + days).hundredths for days in range(0, 1500, 75)}

    found = {line: falls_below(tally, NOW, NOW + LONGEST, line) for line in lines}

    assert not tally.only_falls
    assert found == {line: first_below(tally, line) for line in lines}


@pytest.mark.parametrize(
    ("hundredths", "band", "limits"),
    [
        (0, "none", (0, 1000)),
        (999, "none", (0, 1000)),
        (1000, "emerging", (1000, 2500)),
        (2499, "emerging", (1000, 2500)),
        (6499, "advocate", (4000, 6500)),
        (10_000, "champion", (6500, OVER)),
    ],
)
def test_band_limits_are_its_floor_and_the_next_ones(hundredths, band, limits):
    assert band_of(hundredths) == band
    assert band_limits(hundredths) == limits


def test_leaves_band_on_the_first_day_in_another_one():
    tally = tally_of(
        in_order([did("answer.accepted", 5), did("review.verified")]), TODAY, member_id=ME, peers=NO_PEERS
    )
    points = tally.points(NOW)

    found = leaves_band(tally, points, NOW, NOW + LONGEST)

    assert band_of(tally.points(found - 1).hundredths) == band_of(points.hundredths)
    assert band_of(tally.points(found).hundredths) != band_of(points.hundredths)


def test_the_lowest_band_is_never_left_without_new_acts():
    tally = tally_of([did("topic.created")], TODAY, member_id=ME, peers=NO_PEERS)

    assert leaves_band(tally, tally.points(NOW), NOW, NOW + LONGEST) is None
