"""Activity, the risk signals of rule A1, and the dates on which they change without events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from journeys.engine.activity import ActivityDates
from journeys.engine.facts import Override
from journeys.engine.sentences import did, money, times
from journeys.engine.state import shown_stage

from .stories import RULES, at, ev, fold_events, on, refund, sale, subscription

VISIT = ev(0, "visit.day")
BUSY = [ev(day, "visit.day") for day in range(1, 61, 5)]  # twelve active days, the last one is day 56


@pytest.mark.parametrize(
    ("day", "activity"),
    [
        (0, "new"),
        (7, "new"),
        (8, "active"),
        (30, "active"),
        (31, "cooling"),
        (90, "cooling"),
        (91, "dormant"),
    ],
)
def test_activity_ages_without_events(day, activity):
    assert fold_events(VISIT, as_of=day).state.activity == activity


@pytest.mark.parametrize(("day", "due"), [(0, 8), (8, 31), (31, 91)])
def test_activity_knows_its_next_change(day, due):
    state = fold_events(VISIT, as_of=day).state

    assert (state.next_due, state.next_due_why) == (on(due), "activity")


def test_dormant_activity_has_no_next_change():
    assert fold_events(VISIT, as_of=91).state.next_due is None


@pytest.mark.parametrize(
    ("day", "activity"), [(100, "resurrected"), (114, "resurrected"), (115, "active"), (131, "cooling")]
)
def test_activity_after_dormancy_is_resurrected_for_fourteen_days(day, activity):
    assert fold_events(VISIT, ev(100, "visit.day"), as_of=day).state.activity == activity


@pytest.mark.parametrize(
    ("own", "as_of", "activity"),
    [
        (None, 99, "dormant"),
        (100, 100, "resurrected"),
        (100, 114, "resurrected"),
        (100, 115, "active"),
        (100, 131, "cooling"),
        (91, 91, "resurrected"),
        (90, 90, "active"),
        (5, 7, "new"),
    ],
)
def test_the_first_own_act_long_after_a_passive_event_is_a_return(own, as_of, activity):
    acts = [] if own is None else [ev(own, "visit.day")]

    assert fold_events(ev(0, "helpful_vote.received"), *acts, as_of=as_of).state.activity == activity


def test_returning_while_cooling_is_not_resurrected():
    assert fold_events(VISIT, ev(90, "visit.day"), as_of=91).state.activity == "active"


def test_passive_events_are_not_activity():
    assert fold_events(VISIT, ev(80, "helpful_vote.received"), as_of=95).state.activity == "dormant"


def test_activity_before_the_first_event_is_an_error():
    with pytest.raises(ValueError, match="before the first event"):
        ActivityDates().activity_on(date(2024, 1, 1), RULES.activity)


def risks(*events, as_of):
    return fold_events(sale(0), *events, as_of=as_of).state.risks


def nps(day, score):
    return ev(day, "nps.answered", props={"score": score})


def ticket(day, what, severity=None):
    props = {"external_id": "t-1"} | ({"severity": severity} if severity else {})
    return ev(day, f"support.ticket_{what}", props=props)


def test_a_detractor_is_a_signal_for_sixty_days():
    assert risks(nps(10, 6), as_of=70) == ("detractor",)
    assert risks(nps(10, 6), as_of=71) == ()
    assert risks(nps(10, 7), as_of=20) == ()


def test_a_better_answer_ends_the_signal():
    assert risks(nps(10, 2), nps(20, 9), as_of=21) == ()


def test_a_failed_payment_is_a_signal_until_the_next_payment():
    failed = ev(10, "payment.failed", props={})

    assert risks(failed, as_of=40) == ("payment_failed",)
    assert risks(failed, as_of=41) == ()
    assert risks(failed, sale(12, "order-2"), as_of=13) == ()


@pytest.mark.parametrize(
    ("later", "clears"),
    [
        (sale(12, "order-2"), True),
        (sale(12, "order-2", cents=0), False),
        (sale(12, "order-2", test=True), False),
        (subscription(12, "started", cents=900), True),
        (subscription(12, "started", cents=0), False),
        (subscription(12, "started", cents=900, test=True), False),
        (subscription(12, "renewed", cents=900), True),
        (subscription(12, "renewed", cents=0), False),
        (subscription(12, "renewed"), False),
    ],
)
def test_only_what_is_paid_clears_a_failed_payment(later, clears):
    found = risks(ev(10, "payment.failed", props={}), later, as_of=40)

    assert found == (() if clears else ("payment_failed",))


def test_a_severity_one_ticket_is_a_signal_while_open():
    assert risks(ticket(10, "opened", 1), as_of=300) == ("severe_ticket",)
    assert risks(ticket(10, "opened", 1), ticket(12, "closed"), as_of=13) == ()
    assert risks(ticket(10, "opened", 2), as_of=13) == ()


def test_a_ticket_closed_on_the_day_it_was_opened_is_not_a_signal():
    opened, closed = ticket(10, "opened", 1), ticket(10, "closed")

    assert risks(at(9, opened), at(17, closed), as_of=13) == ()
    assert risks(at(17, opened), at(9, closed), as_of=13) == ("severe_ticket",)


def test_a_payment_that_fails_after_a_purchase_of_the_same_day_is_a_signal():
    failed, bought = ev(10, "payment.failed", props={}), sale(10, "order-2")

    assert risks(at(9, bought), at(17, failed), as_of=13) == ("payment_failed",)
    assert risks(at(9, failed), at(17, bought), as_of=13) == ()


def test_the_last_answer_of_a_day_counts():
    good, bad = nps(10, 9), nps(10, 3)

    assert risks(at(9, good), at(17, replace(bad, event_id=UUID(int=1))), as_of=13) == ("detractor",)
    assert risks(at(17, good), at(9, replace(bad, event_id=UUID(int=1))), as_of=13) == ()


def test_activity_at_half_the_own_average_is_a_signal():
    assert risks(*BUSY, as_of=60) == ()
    assert "activity_halved" in risks(*BUSY, as_of=88)


def test_too_few_active_days_are_never_halved():
    assert risks(*BUSY[:4], as_of=60) == ()


def test_two_signals_make_a_customer_at_risk():
    one = fold_events(sale(0), nps(10, 3), as_of=20).state
    two = fold_events(sale(0), nps(10, 3), ticket(12, "opened", 1), as_of=20).state

    assert (one.at_risk, two.at_risk) == (False, True)


def test_only_customers_are_at_risk():
    gone = fold_events(sale(0), nps(10, 3), ticket(12, "opened", 1), refund(15), as_of=20).state

    assert gone.risks == ()


def test_the_end_of_a_signal_is_due():
    state = fold_events(sale(0), ev(1, "onboarding.completed"), nps(80, 3), as_of=135).state

    assert (state.next_due, state.next_due_why) == (on(141), "A1")


def test_halved_activity_starts_and_ends_on_the_due_dates():
    story = [sale(0), ev(1, "onboarding.completed"), *BUSY]
    states = {day: fold_events(*story, as_of=day).state for day in range(57, 240)}

    for day in range(57, 200):
        now = states[day]
        seen = (now.sub_stage, now.activity, now.risks)
        changes = (
            d
            for d in range(day + 1, 240)
            if (states[d].sub_stage, states[d].activity, states[d].risks) != seen
        )
        assert now.next_due == (on(due) if (due := next(changes, None)) else None)
    # From day 81 only day 56 is within the last 30 days; from day 151 fewer than six are within the 90 before.
    assert {day for day, state in states.items() if state.risks} == set(range(81, 151))


def test_churn_without_renewal_is_due():
    state = fold_events(
        subscription(0, "started", cents=900), ev(1, "visit.day"), subscription(100, "lapsed"), as_of=101
    ).state

    assert (state.next_due, state.next_due_why) == (on(114), "L2")


def test_the_newest_live_override_is_shown():
    older = Override("discovery", "pin", on(0), on(20))
    newer = Override("relationship", "pin", on(5), on(10))

    shown = [shown_stage("engagement", [older, newer], on(day)) for day in (0, 5, 10, 20)]

    assert shown == ["discovery", "relationship", "discovery", "engagement"]


def test_the_end_of_an_override_is_due():
    override = Override("relationship", "pin", on(0), on(4))

    state = fold_events(VISIT, as_of=1, overrides=[override]).state

    assert (state.next_due, state.next_due_why) == (on(4), "override")


def test_did_returns_a_verb_phrase():
    assert did("question.asked") == "asked a question"
    assert did("webinar.attended") == "webinar attended"
    assert [times(n) for n in (1, 2, 3)] == ["once", "twice", "3 times"]
    assert money(1234567, "EUR") == "12,345.67 EUR"
