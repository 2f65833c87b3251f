"""The fold: one test per rule, tie and refusal."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from uuid import UUID

import pytest

from community.core import currencies
from journeys.engine.facts import Refusal, Span
from journeys.engine.fold import Fold, fold
from journeys.engine.rollup import roll_up
from journeys.engine.ruleset import parse_ruleset
from journeys.engine.sentences import money
from journeys.engine.stages import ALLOWED, STAGES, may_follow

from .stories import RULES, at, ev, fold_events, on, refund, sale, steps, subscription

REGISTERED = ev(0, "member.registered")
ADVOCATE = Span(on(50), on(120), (UUID(int=1),))


def test_no_facts_give_no_history():
    result = fold_events(as_of=10)

    assert result.rows == ()
    assert result.state is None


def test_d1_first_touch_enters_discovery():
    result = fold_events(ev(3, "visit.day"), as_of=10)

    assert steps(result) == [(3, "discovery.anonymous", "D1")]
    assert result.rows[0].prev == ""
    assert result.rows[0].evidence == (ev(3, "visit.day").event_id,)
    assert result.rows[0].sentence == "First seen: visited the site."


def test_d1_registration_changes_anonymous_to_registered():
    result = fold_events(ev(0, "visit.day"), ev(2, "member.registered"), as_of=10)

    assert steps(result) == [(0, "discovery.anonymous", "D1"), (2, "discovery.registered", "D1")]
    assert result.rows[1].sentence == "Joined the community."


@pytest.mark.parametrize("kind", ["topic.created", "question.asked", "reply.created"])
def test_e1_first_contribution_enters_engagement(kind):
    result = fold_events(REGISTERED, ev(4, kind), as_of=10)

    assert steps(result)[-1] == (4, "engagement.exploring", "E1")
    assert result.rows[-1].evidence == (ev(4, kind).event_id,)


def test_e1_contribution_on_the_first_day_leaves_no_empty_discovery():
    result = fold_events(REGISTERED, ev(0, "reply.created"), as_of=10)

    assert steps(result) == [(0, "engagement.exploring", "E1")]
    assert result.rows[0].prev == ""


def test_e2_points_within_thirty_days_enter_engagement():
    calls = [ev(day, "call.logged") for day in (1, 15, 30)]

    result = fold_events(*calls, as_of=40)

    assert steps(result)[-1] == (30, "engagement.exploring", "E2")
    assert result.rows[-1].facts == {"points": 24.0, "days": 30, "active_days": 3, "needed": 20.0}
    assert result.rows[-1].sentence == (
        "Reached 24 interest points within 30 days, active on 3 days (at least 20 points needed)."
    )


def test_interest_from_before_a_purchase_is_not_kept():
    member = Fold(RULES, ())

    member.add(roll_up([ev(0, "call.logged"), ev(1, "pricing.viewed"), sale(2)]), on(3))

    assert not member.interest.points
    assert not member.interest.reads


def test_e2_points_expire_after_thirty_days():
    result = fold_events(*[ev(day, "call.logged") for day in (0, 15, 30)], as_of=40)

    assert steps(result) == [(0, "discovery.anonymous", "D1")]


def test_e2_daily_cap_limits_the_points_of_a_day():
    views = [ev(0, "topic.viewed", nth) for nth in range(200)]

    result = fold_events(*views, as_of=1)

    assert steps(result) == [(0, "discovery.anonymous", "D1")]


def test_e2_passive_events_give_no_points():
    shipped = [ev(day, "idea.shipped") for day in range(1, 9)]

    assert steps(fold_events(REGISTERED, *shipped, as_of=10)) == [(0, "discovery.registered", "D1")]
    assert fold_events(REGISTERED, *shipped, ev(9, "call.logged"), as_of=10).state.stage == "discovery"


def test_e2_evidence_lists_the_ten_heaviest_events_and_counts_all():
    views = [ev(0, "topic.viewed", nth) for nth in range(20)]
    call, trial = ev(0, "call.logged"), ev(0, "webinar.attended")

    result = fold_events(*views, call, trial, ev(1, "webinar.attended"), as_of=1)

    last = result.rows[-1]
    assert last.rule == "E2"
    assert last.evidence[0] == call.event_id
    assert (len(last.evidence), last.evidence_n) == (10, 23)


@pytest.mark.parametrize(
    "kind", ["prospect.question_asked", "demo.requested", "trial.started", "opportunity.opened"]
)
def test_e3_buying_intent_enters_evaluating(kind):
    result = fold_events(REGISTERED, ev(5, kind), as_of=10)

    assert steps(result)[-1] == (5, "engagement.evaluating", "E3")


def test_e3_three_reads_within_fourteen_days_enter_evaluating():
    reads = [ev(0, "pricing.viewed"), ev(6, "review.read"), ev(13, "comparison.viewed")]

    assert steps(fold_events(*reads, as_of=20))[-1] == (13, "engagement.evaluating", "E3")
    late = [*reads[:2], ev(14, "comparison.viewed")]
    assert steps(fold_events(*late, as_of=20)) == [(0, "discovery.anonymous", "D1")]


def test_e3_reads_beyond_the_threshold_are_counted():
    result = fold_events(*[ev(0, "pricing.viewed", nth) for nth in range(5)], as_of=1)

    assert steps(result) == [(0, "engagement.evaluating", "E3")]
    assert result.rows[0].sentence == (
        "Read prices, comparisons or reviews 5 times within 14 days: comparing before a purchase."
    )


def test_e3_is_not_undone_by_contributing():
    result = fold_events(ev(0, "demo.requested"), ev(9, "reply.created"), as_of=10)

    assert steps(result) == [(0, "engagement.evaluating", "E3")]


def test_c1_purchase_enters_conversion_with_the_purchase_as_evidence():
    result = fold_events(REGISTERED, ev(3, "reply.created"), sale(9), as_of=10)

    assert steps(result)[-1] == (9, "conversion.first_purchase", "C1")
    assert result.rows[-1].evidence == (sale(9).event_id,)
    assert result.rows[-1].sentence == "Bought for the first time: bought for 49.00 EUR."
    assert result.state.customer_since == on(9)


def test_c1_purchase_before_registration_starts_in_conversion():
    result = fold_events(sale(0), ev(20, "member.registered"), as_of=21)

    assert steps(result) == [(0, "conversion.first_purchase", "C1")]
    assert result.rows[0].prev == ""


def test_c1_a_paid_subscription_is_a_purchase():
    result = fold_events(REGISTERED, subscription(2, "started", cents=900), as_of=3)

    assert steps(result)[-1] == (2, "conversion.first_purchase", "C1")


@pytest.mark.parametrize(
    "purchase",
    [sale(5, cents=0), sale(5, cents=-100), sale(5, test=True), subscription(5, "started", cents=None)],
)
def test_c1_zero_negative_and_test_amounts_never_convert(purchase):
    result = fold_events(REGISTERED, purchase, as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.state.customer_since is None


def test_c1_purchase_refunded_on_the_same_day_does_not_convert():
    result = fold_events(REGISTERED, sale(5), refund(5), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]


def test_no_conversion_by_behaviour_alone():
    busy = [
        ev(day, kind) for day in range(100) for kind in ("reply.created", "demo.requested", "call.logged")
    ]

    result = fold_events(*busy, as_of=120)

    assert {row.stage for row in result.rows} == {"engagement"}


def test_r1_onboarding_enters_relationship():
    result = fold_events(sale(0), ev(4, "onboarding.completed"), as_of=10)

    assert steps(result)[-1] == (4, "relationship.adoption", "R1")


def test_r1_onboarding_on_the_day_of_purchase_takes_effect_the_next_day():
    story = [sale(0), ev(0, "onboarding.completed")]

    assert steps(fold_events(*story, as_of=0)) == [(0, "conversion.first_purchase", "C1")]
    assert fold_events(*story, as_of=0).state.next_due == on(1)
    assert steps(fold_events(*story, as_of=1))[-1] == (1, "relationship.adoption", "R1")


def test_r1_onboarding_without_a_purchase_is_refused():
    result = fold_events(REGISTERED, ev(4, "onboarding.completed"), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.refusals == (Refusal(on(4), "R1", "discovery", "relationship"),)


def test_r2_three_active_days_after_the_purchase_enter_relationship():
    days = [ev(day, "visit.day") for day in (0, 3, 5, 8)]

    result = fold_events(sale(0), *days, as_of=10)

    assert steps(result)[-1] == (8, "relationship.adoption", "R2")
    assert result.rows[-1].evidence_n == 3


def test_r2_passive_events_are_not_activity():
    votes = [ev(day, "helpful_vote.received") for day in (1, 2, 3, 4)]

    assert steps(fold_events(sale(0), *votes, as_of=10)) == [(0, "conversion.first_purchase", "C1")]


def test_r3_inactive_customer_enters_relationship_after_thirty_days():
    assert fold_events(sale(0), as_of=29).state.stage == "conversion"
    assert steps(fold_events(sale(0), as_of=30))[-1] == (30, "relationship.adoption", "R3")
    assert fold_events(sale(0), as_of=30).rows[-1].evidence == (sale(0).event_id,)


def test_r4_retention_after_ninety_days_if_active_recently():
    story = [sale(0), ev(61, "visit.day")]

    result = fold_events(*story, as_of=95)

    assert steps(result)[-1] == (90, "relationship.retention", "R4")
    assert result.rows[-1].facets == ("adoption", "retention")
    assert result.rows[-1].evidence == (ev(61, "visit.day").event_id,)


def test_r4_inactive_customer_is_retained_on_returning():
    result = fold_events(sale(0), ev(59, "visit.day"), ev(130, "visit.day"), as_of=140)

    assert steps(result)[-1] == (130, "relationship.retention", "R4")


def test_r4_retention_dates_from_its_day_if_events_follow():
    result = fold_events(sale(0), ev(80, "visit.day"), ev(200, "visit.day"), as_of=200)

    assert steps(result)[-1] == (90, "relationship.retention", "R4")


def test_r4_renewal_is_retention_immediately():
    story = [subscription(0, "started", cents=900), subscription(40, "renewed")]

    assert steps(fold_events(*story, as_of=50))[-1] == (40, "relationship.retention", "R4")


def test_r5_upgrade_is_expansion():
    story = [subscription(0, "started", cents=900), subscription(50, "upgraded", seats=9)]

    assert steps(fold_events(*story, as_of=60))[-1] == (50, "relationship.expansion", "R5")


def test_r5_more_seats_are_expansion_but_fewer_are_not():
    begin = subscription(0, "started", cents=900, seats=5)
    more, fewer = subscription(50, "renewed", seats=6), subscription(50, "renewed", seats=4)

    assert "expansion" in fold_events(begin, more, as_of=60).state.facets
    assert "expansion" not in fold_events(begin, fewer, as_of=60).state.facets


def test_r5_second_product_is_expansion_but_the_same_again_is_not():
    first = sale(0, products=["mill"])
    second, same = sale(40, "order-2", products=["press"]), sale(40, "order-2", products=["mill"])

    assert steps(fold_events(first, second, as_of=60))[-1] == (40, "relationship.expansion", "R5")
    assert "expansion" not in fold_events(first, same, as_of=60).state.facets


def test_r5_upgrade_during_conversion_is_expansion_on_entering_relationship():
    story = [subscription(0, "started", cents=900), subscription(10, "upgraded")]

    last = fold_events(*story, as_of=30).rows[-1]

    assert (last.rule, last.sub_stage, last.facets) == ("R3", "expansion", ("adoption", "expansion"))
    assert last.facts == {"days": 30, "R5": {"what": "an upgrade"}}
    assert last.sentence == "Has been a customer for 30 days. Bought more: an upgrade."
    assert set(last.evidence) == {story[0].event_id, story[1].event_id}


@pytest.mark.parametrize(
    ("event", "rule", "facet"),
    [
        (subscription(0, "upgraded"), "R5", "expansion"),
        (subscription(0, "renewed", seats=9), "R5", "expansion"),
        (subscription(0, "renewed"), "R4", "retention"),
    ],
)
@pytest.mark.parametrize("onboarded_on", [0, 7])
def test_facets_of_the_day_of_purchase_count_from_the_next_day(event, rule, facet, onboarded_on):
    begin = subscription(0, "started", cents=900, seats=5)
    story = [at(9, begin), at(17, event), ev(onboarded_on, "onboarding.completed")]

    assert steps(fold_events(*story, as_of=0)) == [(0, "conversion.first_purchase", "C1")]
    last = fold_events(*story, as_of=8).rows[-1]
    assert (last.effective_on, last.rule) == (on(max(1, onboarded_on)), "R1")
    assert facet in last.facets
    assert rule in last.facts
    assert event.event_id in last.evidence


def test_a_lapse_on_the_day_of_purchase_ends_after_the_grace_period():
    story = [at(9, subscription(0, "started", cents=900)), at(17, subscription(0, "lapsed"))]

    assert steps(fold_events(*story, as_of=20))[-1] == (14, "engagement.win_back", "L2")


def test_facts_before_the_day_of_purchase_give_no_facet():
    before = [subscription(0, "upgraded"), subscription(0, "renewed"), ev(0, "visit.day")]

    result = fold_events(*before, sale(1), ev(2, "onboarding.completed"), as_of=3)

    assert result.state.facets == ("adoption",)


def test_r6_advocacy_starts_and_ends_with_its_span():
    result = fold_events(sale(0), as_of=150, spans=[ADVOCATE])

    assert steps(result)[-2:] == [(50, "relationship.advocacy", "R6"), (120, "relationship.adoption", "R6")]
    assert result.rows[-1].evidence == ADVOCATE.evidence
    assert fold_events(sale(0), as_of=60, spans=[ADVOCATE]).state.next_due_why == "activity"


def test_r6_a_continued_fold_applies_a_span_that_began_since():
    facts = roll_up([sale(0), ev(95, "visit.day"), ev(97, "visit.day"), ev(150, "visit.day")])
    start = Fold(RULES, [])
    start.add(facts[:3], on(100))

    continued = Fold.thaw(start.freeze(), RULES, [replace(ADVOCATE, start=on(110))])
    continued.add(facts, on(150))

    assert steps(continued.result(on(150), []))[-2:] == [
        (110, "relationship.advocacy", "R6"),
        (120, "relationship.retention", "R6"),
    ]


def test_r6_advocate_who_never_bought_keeps_their_stage():
    result = fold_events(ev(0, "reply.created"), as_of=60, spans=[ADVOCATE])

    assert result.state.stage == "engagement"
    assert result.state.facets == ()


def test_r6_a_span_without_evidence_is_ignored():
    result = fold_events(sale(0), as_of=60, spans=[Span(on(40), None, ())])

    assert result.state.facets == ("adoption",)


def test_l1_lapses_after_180_inactive_days():
    contributed = ev(0, "reply.created")

    assert fold_events(contributed, as_of=179).state.stage == "engagement"
    result = fold_events(contributed, as_of=180)
    assert steps(result)[-1] == (180, "discovery.dormant", "L1")
    assert result.rows[-1].evidence == (contributed.event_id,)


def test_l1_activity_on_the_deadline_extends_it():
    result = fold_events(ev(0, "reply.created"), ev(180, "visit.day"), as_of=200)

    assert steps(result) == [(0, "engagement.exploring", "E1")]
    assert result.state.next_due_why == "activity"


def test_l1_received_votes_do_not_extend_the_deadline():
    result = fold_events(ev(0, "reply.created"), ev(100, "helpful_vote.received"), as_of=200)

    assert steps(result)[-1] == (180, "discovery.dormant", "L1")


def test_l1_returning_is_discovery_and_contributing_is_engagement():
    story = [REGISTERED, ev(0, "reply.created"), ev(300, "visit.day"), ev(310, "reply.created")]

    result = fold_events(*story, as_of=320)

    assert steps(result)[1:] == [
        (180, "discovery.dormant", "L1"),
        (300, "discovery.registered", "D1"),
        (310, "engagement.exploring", "E1"),
    ]
    assert result.rows[2].sentence == "Came back: visited the site."


def test_inactivity_never_moves_a_customer():
    result = fold_events(sale(0), as_of=2000)

    assert result.state.stage == "relationship"
    assert result.state.activity == "dormant"


def test_l2_full_refund_leads_to_win_back():
    result = fold_events(sale(0), refund(10), as_of=20)

    assert steps(result)[-1] == (10, "engagement.win_back", "L2")
    assert result.rows[-1].evidence == (refund(10).event_id,)
    assert result.rows[0].effective_on == on(0)
    assert result.state.customer_since is None


def test_l2_partial_refunds_end_the_relationship_once_they_add_up():
    halves = [refund(10, cents=2000, full=False), refund(12, cents=2900, full=False)]

    assert fold_events(sale(0), halves[0], as_of=20).state.stage == "conversion"
    assert steps(fold_events(sale(0), *halves, as_of=20))[-1] == (12, "engagement.win_back", "L2")


def test_l2_refund_of_one_of_two_orders_keeps_the_customer():
    assert fold_events(sale(0), sale(3, "order-2"), refund(10), as_of=20).state.stage == "conversion"


def test_l2_cancellation_takes_effect_on_its_day():
    story = [subscription(0, "started", cents=900), subscription(50, "cancelled")]

    result = fold_events(*story, as_of=60)

    assert steps(result)[-1] == (50, "engagement.win_back", "L2")
    assert result.rows[-1].prev == "relationship"


def test_l2_cancelling_one_of_two_subscriptions_keeps_the_customer():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]

    result = fold_events(*story, subscription(50, "cancelled", "sub-2"), as_of=60)

    assert result.state.stage == "relationship"


@pytest.mark.parametrize("end", ["cancelled", "lapsed"])
def test_l2_the_end_of_the_subscription_keeps_the_customer_who_holds_an_order(end):
    story = [sale(0), subscription(0, "started", cents=900), subscription(50, end)]

    assert fold_events(*story, as_of=80).state.stage == "relationship"
    assert steps(fold_events(*story, refund(90), as_of=100))[-1] == (90, "engagement.win_back", "L2")


def test_l2_cancelling_an_unknown_subscription_keeps_the_known_ones():
    story = [subscription(0, "started", cents=900), subscription(50, "cancelled", "sub-9")]

    assert fold_events(*story, as_of=60).state.stage == "relationship"


@pytest.mark.parametrize(
    "trial",
    [
        subscription(0, "started", "sub-9", cents=0),
        subscription(0, "started", "sub-9"),
        subscription(0, "started", "sub-9", cents=900, test=True),
        ev(0, "visit.day"),
    ],
    ids=["free", "without an amount", "test", "unknown"],
)
@pytest.mark.parametrize("end", ["cancelled", "lapsed"])
@pytest.mark.parametrize("paid", [sale(0), subscription(0, "started", cents=900)], ids=["order", "paid"])
def test_l2_the_end_of_what_is_not_paid_ends_nothing(paid, trial, end):
    result = fold_events(paid, trial, subscription(50, end, "sub-9"), as_of=80)

    assert result.state.stage == "relationship"
    assert result.state.next_due_why != "L2"


def test_l2_the_end_of_a_trial_does_not_end_the_relationship_with_what_was_paid():
    story = [sale(0), subscription(20, "started", cents=0), subscription(30, "cancelled"), refund(50)]

    assert steps(fold_events(*story, as_of=80))[-1] == (50, "engagement.win_back", "L2")


def test_l2_the_end_of_an_unknown_subscription_does_not_hide_the_end_of_the_paid_one():
    lapsed, unknown = subscription(50, "lapsed"), subscription(55, "lapsed", "sub-9")

    result = fold_events(subscription(0, "started", cents=900), lapsed, unknown, as_of=80)

    assert steps(result)[-1] == (64, "engagement.win_back", "L2")
    assert result.rows[-1].evidence == (lapsed.event_id,)


def test_l2_a_subscription_reported_as_a_purchase_ends_as_one():
    story = [sale(0, "sub-1"), subscription(50, "lapsed")]

    assert steps(fold_events(*story, as_of=80))[-1] == (64, "engagement.win_back", "L2")
    assert fold_events(*story, sale(0, "order-2"), as_of=80).state.stage == "relationship"


def test_l2_not_renewing_takes_effect_after_the_grace_period():
    story = [subscription(0, "started", cents=900), subscription(60, "lapsed")]

    assert fold_events(*story, as_of=73).state.stage == "relationship"
    assert fold_events(*story, as_of=73).state.next_due == on(74)
    assert steps(fold_events(*story, as_of=74))[-1] == (74, "engagement.win_back", "L2")
    assert fold_events(*story, as_of=74).rows[-1].sentence == (
        "No longer a customer: did not renew, and the grace period of 14 days is over."
    )


def test_l2_not_renewing_takes_effect_before_later_events():
    result = fold_events(
        subscription(0, "started", cents=900),
        ev(95, "visit.day"),
        subscription(200, "lapsed"),
        ev(205, "visit.day"),
        ev(230, "trial.started"),
        as_of=240,
    )

    assert steps(result)[-2:] == [
        (214, "engagement.win_back", "L2"),
        (230, "engagement.evaluating", "E3"),
    ]


def test_l2_renewal_on_the_last_day_of_grace_counts():
    story = [
        subscription(0, "started", cents=900),
        subscription(60, "lapsed"),
        subscription(74, "renewed"),
    ]

    assert fold_events(*story, as_of=100).state.stage == "relationship"


@pytest.mark.parametrize(
    "continued", [subscription(60, "downgraded"), subscription(60, "renewed"), sale(60, "sub-1")]
)
def test_l2_lapse_and_continuation_on_one_day_are_taken_by_the_clock(continued):
    begin, lapsed = subscription(0, "started", cents=900), subscription(60, "lapsed")

    lapsed_first = fold_events(begin, at(9, lapsed), at(17, continued), as_of=100)
    lapsed_last = fold_events(begin, at(17, lapsed), at(9, continued), as_of=100)

    assert lapsed_first.state.stage == "relationship"
    assert steps(lapsed_last)[-1] == (74, "engagement.win_back", "L2")


def test_facts_of_one_moment_are_taken_in_the_order_of_the_log():
    begin, lapsed = subscription(0, "started", cents=900), subscription(60, "lapsed")
    downgraded = subscription(60, "downgraded")

    def stage(first, second):
        moments = [at(9, replace(first, log=(0, 7, 5))), at(9, replace(second, log=(0, 7, 6)))]
        return fold_events(begin, *moments, as_of=100).state.stage

    assert stage(lapsed, downgraded) == "relationship"
    assert stage(downgraded, lapsed) == "engagement"


def test_a_later_transaction_comes_later_in_the_log():
    begin, lapsed = subscription(0, "started", cents=900), subscription(60, "lapsed")
    downgraded = subscription(60, "downgraded")
    moments = [at(9, replace(lapsed, log=(0, 8, 1))), at(9, replace(downgraded, log=(0, 7, 2)))]

    assert fold_events(begin, *moments, as_of=100).state.stage == "engagement"


def test_the_purchase_comes_before_a_refund_of_the_same_day_at_any_hour():
    result = fold_events(REGISTERED, at(17, sale(5)), at(9, refund(5)), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]


def test_only_the_event_that_ends_the_relationship_is_its_evidence():
    begin, other = subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)
    first, last = subscription(50, "cancelled", "sub-2"), subscription(50, "cancelled")

    result = fold_events(begin, other, at(9, first), at(17, last), as_of=60)

    assert (result.rows[-1].rule, result.rows[-1].evidence) == ("L2", (last.event_id,))


def test_items_that_were_rolled_up_without_a_time_keep_their_order():
    story = [sale(0), sale(0, "order-2"), subscription(40, "started", cents=900), subscription(60, "lapsed")]
    timeless = [fact._replace(items=[_without_time(item) for item in fact.items]) for fact in roll_up(story)]

    assert fold(timeless, RULES, as_of=on(100)).rows == fold_events(*story, as_of=100).rows


def _without_time(item):
    return {key: value for key, value in item.items() if key not in ("at", "log")}


def test_l2_one_lapsed_subscription_does_not_end_the_other():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]
    lapsed = subscription(60, "lapsed")

    assert fold_events(*story, lapsed, as_of=100).state.stage == "relationship"
    both = fold_events(*story, lapsed, subscription(90, "cancelled", "sub-2"), as_of=100)
    assert steps(both)[-1] == (90, "engagement.win_back", "L2")


def test_l2_subscription_that_ended_long_ago_does_not_keep_the_customer():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]
    ended, refunded = subscription(60, "lapsed"), refund(90, "sub-2", 900)

    result = fold_events(*story, ended, refunded, as_of=100)

    assert steps(result)[-1] == (90, "engagement.win_back", "L2")


def test_l2_cancellation_without_a_purchase_is_refused():
    result = fold_events(REGISTERED, subscription(5, "cancelled"), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.refusals == (Refusal(on(5), "L2", "discovery", "engagement"),)


def test_l2_inactivity_after_churn_is_measured_from_the_churn():
    story = [subscription(0, "started", cents=900), subscription(400, "lapsed")]

    result = fold_events(*story, as_of=700)

    assert steps(result)[-2:] == [(414, "engagement.win_back", "L2"), (594, "discovery.dormant", "L1")]


def test_repurchase_starts_the_next_cycle():
    story = [sale(0), refund(10), sale(100, "order-2")]

    result = fold_events(*story, as_of=110)

    assert steps(result)[-1] == (100, "conversion.repurchase", "C1")
    assert [row.cycle for row in result.rows] == [1, 1, 2]


def test_win_back_ignores_contributions_but_intent_enters_evaluating():
    story = [sale(0), refund(10), ev(20, "reply.created")]

    assert fold_events(*story, as_of=25).state.sub_stage == "win_back"
    assert fold_events(*story, ev(24, "trial.started"), as_of=25).state.sub_stage == "evaluating"


def test_facets_end_with_the_cycle():
    story = [
        subscription(0, "started", cents=900),
        subscription(50, "upgraded"),
        subscription(60, "cancelled"),
    ]
    again = subscription(100, "started", "sub-2", cents=900)

    result = fold_events(*story, again, as_of=130)

    assert result.state.facets == ("adoption",)


def test_every_forbidden_transition_is_refused():
    stages = ("", *STAGES)

    refused = {
        (prev, stage) for prev in stages for stage in STAGES if prev != stage and not may_follow(prev, stage)
    }

    assert refused == {
        ("", "relationship"),
        ("discovery", "relationship"),
        ("engagement", "relationship"),
        ("conversion", "discovery"),
        ("relationship", "discovery"),
        ("relationship", "conversion"),
    }
    assert len(ALLOWED) == 10


def test_rules_that_convert_by_behaviour_are_refused():
    rules = RULES.model_dump() | {"C1": {"kinds": ["demo.requested"]}}

    with pytest.raises(ValueError, match="Only purchases and subscriptions can lead to conversion"):
        parse_ruleset(rules)


def test_rules_with_an_unknown_key_are_refused():
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        parse_ruleset(RULES.model_dump() | {"E9": {}})


def test_rules_whose_ages_are_out_of_order_are_refused():
    activity = {"new": 7, "active": 90, "cooling": 30, "resurrected": 14}

    with pytest.raises(ValueError, match="must be less than"):
        parse_ruleset(RULES.model_dump() | {"activity": activity})


def test_amounts_read_as_elsewhere():
    codes = sorted(currencies.CODES)

    assert [money(1_234_567, code) for code in codes] == [
        currencies.formatted(1_234_567, code) for code in codes
    ]


def test_engine_does_not_import_django():
    script = (
        "import sys; sys.modules['django'] = None\n"
        "import journeys.engine.fold, journeys.engine.rollup, journeys.engine.default_rules"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
