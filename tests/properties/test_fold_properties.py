"""Properties of the fold for any events; the numbers are those of the journey model's list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from journeys.engine.facts import Result, Row
from journeys.engine.fold import Fold, fold
from journeys.engine.ledger import BOUGHT
from journeys.engine.rollup import roll_up
from journeys.engine.ruleset import Ruleset, parse_ruleset
from journeys.engine.stages import ALLOWED, CUSTOMER, STAGES
from tests.journeys.stories import RULES, on
from tests.support import random_members

from .lives import HORIZON, as_of_days, events, lives, overrides, span_lists

END = on(HORIZON + 400)
thorough = settings(max_examples=random_members(200), deadline=None)


def story(life, *, as_of=END, rules=RULES, **options) -> Result:
    return fold(roll_up(life), rules, as_of=as_of, **options)


def closed_at(rows: tuple[Row, ...], until) -> list[Row]:
    """Return the rows as of `until`."""
    return [
        row._replace(exited_on=row.exited_on if row.exited_on and row.exited_on <= until else None)
        for row in rows
        if row.effective_on <= until
    ]


def visible(result: Result):
    state = result.state
    return state and (
        state.stage,
        state.sub_stage,
        state.facets,
        state.activity,
        state.risks,
        state.shown_stage,
    )


@thorough
@given(lives, st.randoms(use_true_random=False), span_lists())
def test_1_order_of_arrival_changes_nothing(life, random, spans):
    shuffled = random.sample(life, len(life))

    assert roll_up(shuffled) == roll_up(life)
    assert story(shuffled, spans=spans) == story(life, spans=spans)


@thorough
@given(lives, st.data())
def test_2_double_delivery_changes_nothing(life, data):
    twice = life + data.draw(st.lists(st.sampled_from(life)))

    assert story(twice) == story(life)


@thorough
@given(
    lives,
    st.lists(events(), max_size=4),
    as_of_days,
    as_of_days,
    span_lists(),
    st.lists(overrides(), max_size=2),
)
def test_fold_continued_from_any_day_equals_a_whole_one(life, others, since, more_days, spans, some):
    since, as_of = on(since), on(since + more_days)
    known = [span if span.end is None or span.end < since else replace(span, end=None) for span in spans]
    start = Fold(RULES, [span for span in known if span.start < since])
    start.add(roll_up(life), since - timedelta(days=1))
    frozen = start.freeze()

    for whole in ([*life, *(other for other in others if other.day >= since)], life):
        continued = Fold.thaw(frozen, RULES, spans)
        continued.add(roll_up(whole), as_of)
        assert continued.result(as_of, some) == story(whole, as_of=as_of, spans=spans, overrides=some)


@thorough
@given(lives, events(), span_lists())
def test_6_a_late_event_changes_nothing_before_it(life, late, spans):
    before = late.day - timedelta(days=1)

    then, now = story(life, spans=spans), story([*life, late], spans=spans)

    assert closed_at(now.rows, before) == closed_at(then.rows, before)


@thorough
@given(lives, st.data(), span_lists())
def test_7_history_as_of_a_day_begins_the_history_as_of_a_later_one(life, data, spans):
    earlier = draw_deadline(data, life)
    later = earlier + timedelta(days=data.draw(st.integers(0, 400)))
    known = [event for event in life if event.day <= earlier]

    then, now = story(life, as_of=earlier, spans=spans), story(life, as_of=later, spans=spans)

    assert then.rows == story(known, as_of=earlier, spans=spans).rows
    assert list(then.rows) == closed_at(now.rows, earlier)


def draw_deadline(data, life) -> date:
    """Draw a day on which a rule may have a deadline, or the day before or after one."""
    days = st.sampled_from([0, 1, 14, 30, 90, 180])
    return data.draw(st.sampled_from(life)).day + timedelta(
        days=data.draw(days) + data.draw(st.integers(-1, 1))
    )


@thorough
@given(lives, span_lists())
def test_8_every_row_has_evidence_from_before_its_effect(life, spans):
    day_of = {event.event_id: event.day for event in life}
    day_of |= {span.evidence[0]: span.start for span in spans}

    for row in story(life, spans=spans).rows:
        assert 1 <= len(row.evidence) <= 10
        assert row.evidence_n >= len(row.evidence)
        assert len(set(row.evidence)) == len(row.evidence)
        assert all(day_of[event_id] <= row.effective_on for event_id in row.evidence)


@thorough
@given(lives, as_of_days, span_lists())
def test_9_rows_are_contiguous_never_empty_and_follow_allowed_edges(life, as_of, spans):
    result = story(life, as_of=on(as_of), spans=spans)
    assume(result.state is not None)

    rows = result.rows
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    for row, following in pairwise(rows):
        assert row.exited_on == following.effective_on > row.effective_on
        assert following.prev == row.stage
    for row in rows:
        assert row.prev == row.stage or (row.prev, row.stage) in ALLOWED
    assert rows[-1].exited_on is None
    assert rows[0].prev == ""
    lived = sum(((row.exited_on or on(as_of)) - row.effective_on).days for row in rows)
    assert lived == (on(as_of) - result.state.first_on).days


@thorough
@given(lives, span_lists())
def test_10_conversion_needs_a_purchase_and_relationship_a_conversion(life, spans):
    sold = {e.event_id for e in life if e.name in BOUGHT and e.cents > 0 and not e.props.get("test")}

    for row in story(life, spans=spans).rows:
        if row.stage == "conversion":
            assert set(row.evidence) <= sold
            assert row.facts["cents"] > 0
        if row.stage == "relationship":
            assert row.prev in CUSTOMER


@thorough
@given(lives, st.integers(0, 300), st.integers(0, 300))
def test_11_deadlines_carry_their_own_date(life, one, other):
    last = max(event.day for event in life)
    early, late = sorted((last + timedelta(days=one), last + timedelta(days=other)))

    rows = story(life, as_of=early).rows

    assert story(life, as_of=late).rows[: max(0, len(rows) - 1)] == rows[:-1]
    assert {(r.seq, r.effective_on, r.rule) for r in rows} <= {
        (r.seq, r.effective_on, r.rule) for r in story(life, as_of=late).rows
    }


def first_reached(result: Result) -> list:
    """Return, for each stage, the first day in that stage or a later one."""
    far = on(99999)
    return [
        min((row.effective_on for row in result.rows if STAGES.index(row.stage) >= level), default=far)
        for level in range(len(STAGES))
    ]


EASIER = [
    ("E2", "points"),
    ("E3", "reads_needed"),
    ("R2", "active_days"),
    ("R3", "days"),
    ("R4", "days"),
]


@thorough
@given(lives, st.sampled_from(EASIER), st.floats(0.05, 0.95))
def test_12_an_easier_rule_never_delays_an_advance(life, which, factor):
    rule, field = which
    rules = RULES.model_dump()
    rules[rule] = rules[rule] | {field: max(1, int(rules[rule][field] * factor))}

    easier = first_reached(story(life, rules=parse_ruleset(rules)))

    assert all(new <= old for new, old in zip(easier, first_reached(story(life)), strict=True))


@thorough
@given(lives, st.lists(overrides(), max_size=3), as_of_days, st.data())
def test_13_an_override_is_shown_while_it_lives_and_never_computed(life, set_by_hand, as_of, data):
    edges = [edge for one in set_by_hand for edge in (one.starts_on, one.expires_on)]
    day = data.draw(st.sampled_from([on(as_of), *edges]))
    with_them, without = story(life, as_of=day, overrides=set_by_hand), story(life, as_of=day)
    assume(without.state is not None)

    assert with_them.rows == without.rows
    live = [one for one in set_by_hand if one.starts_on <= day < one.expires_on]
    newest = max(live, key=lambda one: (one.starts_on, one.expires_on), default=None)
    if newest is None:
        expected = without.state.stage
    elif newest.mode == "pin":
        expected = newest.stage
    else:
        expected = max(newest.stage, without.state.stage, key=STAGES.index)
    assert with_them.state.shown_stage == expected
    assert with_them.state.stage == without.state.stage


@settings(max_examples=random_members(60), deadline=None)
@given(lives, st.lists(overrides(), max_size=1), st.integers(0, 120), span_lists())
def test_17_next_due_is_exact(life, set_by_hand, later, spans):
    facts = roll_up(life)
    as_of = max(event.day for event in life) + timedelta(days=later)

    def at(day):
        return fold(facts, RULES, as_of=day, spans=spans, overrides=set_by_hand)

    now = at(as_of)
    assume(now.state is not None)
    due = now.state.next_due
    until = due or END + timedelta(days=900)
    step = as_of + timedelta(days=1)
    while step < until:
        assert visible(at(step)) == visible(now)
        step += timedelta(days=1 if (until - step).days < 5 else 5)
    if due is not None:
        assert due > as_of
        assert visible(at(due)) != visible(now)


@thorough
@given(lives)
def test_inactivity_never_ends_a_relationship(life):
    last = max(event.day for event in life) + timedelta(days=15)
    now = story(life, as_of=last).state

    much_later = story(life, as_of=last + timedelta(days=3000)).state

    if now is not None and now.stage == "relationship":
        assert much_later.stage == "relationship"


def test_rules_round_trip_through_json():
    assert parse_ruleset(Ruleset.model_validate_json(RULES.model_dump_json()).model_dump()) == RULES
