"""Every rule, every tie and every refusal of the fold, one story each."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

import pytest

from journeys.engine.facts import Refusal, Span
from journeys.engine.ruleset import parse_ruleset
from journeys.engine.stages import ALLOWED, STAGES, may_follow

from .stories import RULES, ev, on, refund, sale, steps, subscription, told

REGISTERED = ev(0, "member.registered")
ADVOCATE = Span(on(50), on(120), (UUID(int=1),))


def test_nothing_happened_gives_no_history():
    result = told(as_of=10)

    assert result.rows == ()
    assert result.state is None


def test_d1_first_touch_enters_discovery():
    result = told(ev(3, "visit.day"), as_of=10)

    assert steps(result) == [(3, "discovery.anonymous", "D1")]
    assert result.rows[0].prev == ""
    assert result.rows[0].evidence == (ev(3, "visit.day").event_id,)
    assert result.rows[0].sentence == "First seen: visited the site."


def test_d1_registering_names_the_anonymous():
    result = told(ev(0, "visit.day"), ev(2, "member.registered"), as_of=10)

    assert steps(result) == [(0, "discovery.anonymous", "D1"), (2, "discovery.registered", "D1")]
    assert result.rows[1].sentence == "Joined the community."


@pytest.mark.parametrize("kind", ["topic.created", "question.asked", "reply.created"])
def test_e1_first_contribution_enters_engagement(kind):
    result = told(REGISTERED, ev(4, kind), as_of=10)

    assert steps(result)[-1] == (4, "engagement.exploring", "E1")
    assert result.rows[-1].evidence == (ev(4, kind).event_id,)


def test_e1_contribution_on_the_first_day_leaves_no_empty_discovery():
    result = told(REGISTERED, ev(0, "reply.created"), as_of=10)

    assert steps(result) == [(0, "engagement.exploring", "E1")]
    assert result.rows[0].prev == ""


def test_e2_points_within_thirty_days_enter_engagement():
    calls = [ev(day, "call.logged") for day in (1, 15, 30)]

    result = told(*calls, as_of=40)

    assert steps(result)[-1] == (30, "engagement.exploring", "E2")
    assert result.rows[-1].facts == {"points": 24.0, "days": 30, "active_days": 3, "needed": 20.0}
    assert result.rows[-1].sentence == (
        "Reached 24 interest points within 30 days, active on 3 days (at least 20 points needed)."
    )


def test_e2_a_point_is_too_old_after_thirty_days():
    result = told(*[ev(day, "call.logged") for day in (0, 15, 30)], as_of=40)

    assert steps(result) == [(0, "discovery.anonymous", "D1")]


def test_e2_day_cap_limits_what_a_day_can_give():
    views = [ev(0, "topic.viewed", nth) for nth in range(200)]

    result = told(*views, as_of=1)

    assert steps(result) == [(0, "discovery.anonymous", "D1")]


def test_e2_evidence_shows_ten_of_the_weightiest_and_counts_all():
    views = [ev(0, "topic.viewed", nth) for nth in range(20)]
    call, trial = ev(0, "call.logged"), ev(0, "webinar.attended")

    result = told(*views, call, trial, ev(1, "webinar.attended"), as_of=1)

    last = result.rows[-1]
    assert last.rule == "E2"
    assert last.evidence[0] == call.event_id
    assert (len(last.evidence), last.evidence_n) == (10, 23)


@pytest.mark.parametrize(
    "kind", ["prospect.question_asked", "demo.requested", "trial.started", "opportunity.opened"]
)
def test_e3_buying_intent_is_evaluating(kind):
    result = told(REGISTERED, ev(5, kind), as_of=10)

    assert steps(result)[-1] == (5, "engagement.evaluating", "E3")


def test_e3_three_comparing_reads_within_fourteen_days():
    reads = [ev(0, "pricing.viewed"), ev(6, "review.read"), ev(13, "comparison.viewed")]

    assert steps(told(*reads, as_of=20))[-1] == (13, "engagement.evaluating", "E3")
    late = [*reads[:2], ev(14, "comparison.viewed")]
    assert steps(told(*late, as_of=20)) == [(0, "discovery.anonymous", "D1")]


def test_e3_more_reads_than_needed_count_as_well():
    result = told(*[ev(0, "pricing.viewed", nth) for nth in range(5)], as_of=1)

    assert steps(result) == [(0, "engagement.evaluating", "E3")]
    assert result.rows[0].sentence == (
        "Read prices, comparisons or reviews 5 times within 14 days: comparing before a purchase."
    )


def test_e3_is_not_undone_by_contributing():
    result = told(ev(0, "demo.requested"), ev(9, "reply.created"), as_of=10)

    assert steps(result) == [(0, "engagement.evaluating", "E3")]


def test_c1_purchase_enters_conversion_with_the_purchase_as_evidence():
    result = told(REGISTERED, ev(3, "reply.created"), sale(9), as_of=10)

    assert steps(result)[-1] == (9, "conversion.first_purchase", "C1")
    assert result.rows[-1].evidence == (sale(9).event_id,)
    assert result.rows[-1].sentence == "Bought for the first time: bought for 49.00 EUR."
    assert result.state.customer_since == on(9)


def test_c1_somebody_who_bought_before_joining_starts_in_conversion():
    result = told(sale(0), ev(20, "member.registered"), as_of=21)

    assert steps(result) == [(0, "conversion.first_purchase", "C1")]
    assert result.rows[0].prev == ""


def test_c1_a_paid_subscription_is_a_purchase():
    result = told(REGISTERED, subscription(2, "started", cents=900), as_of=3)

    assert steps(result)[-1] == (2, "conversion.first_purchase", "C1")


@pytest.mark.parametrize(
    "purchase",
    [sale(5, cents=0), sale(5, cents=-100), sale(5, test=True), subscription(5, "started", cents=None)],
)
def test_c1_zero_negative_and_test_amounts_never_convert(purchase):
    result = told(REGISTERED, purchase, as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.state.customer_since is None


def test_c1_a_purchase_refunded_on_its_day_never_converts():
    result = told(REGISTERED, sale(5), refund(5), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]


def test_no_conversion_by_behaviour_alone():
    busy = [
        ev(day, kind) for day in range(100) for kind in ("reply.created", "demo.requested", "call.logged")
    ]

    result = told(*busy, as_of=120)

    assert {row.stage for row in result.rows} == {"engagement"}


def test_r1_onboarding_enters_relationship():
    result = told(sale(0), ev(4, "onboarding.completed"), as_of=10)

    assert steps(result)[-1] == (4, "relationship.adoption", "R1")


def test_r1_onboarding_on_the_day_of_purchase_takes_effect_on_the_next():
    story = [sale(0), ev(0, "onboarding.completed")]

    assert steps(told(*story, as_of=0)) == [(0, "conversion.first_purchase", "C1")]
    assert told(*story, as_of=0).state.next_due == on(1)
    assert steps(told(*story, as_of=1))[-1] == (1, "relationship.adoption", "R1")


def test_r1_onboarding_without_a_purchase_is_refused():
    result = told(REGISTERED, ev(4, "onboarding.completed"), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.refusals == (Refusal(on(4), "R1", "discovery", "relationship"),)


def test_r2_three_active_days_after_the_purchase():
    days = [ev(day, "visit.day") for day in (0, 3, 5, 8)]

    result = told(sale(0), *days, as_of=10)

    assert steps(result)[-1] == (8, "relationship.adoption", "R2")
    assert result.rows[-1].evidence_n == 3


def test_r2_what_happens_to_a_member_is_not_activity():
    votes = [ev(day, "helpful_vote.received") for day in (1, 2, 3, 4)]

    assert steps(told(sale(0), *votes, as_of=10)) == [(0, "conversion.first_purchase", "C1")]


def test_r3_thirty_days_end_the_delicate_time_of_the_silent():
    assert told(sale(0), as_of=29).state.stage == "conversion"
    assert steps(told(sale(0), as_of=30))[-1] == (30, "relationship.adoption", "R3")
    assert told(sale(0), as_of=30).rows[-1].evidence == (sale(0).event_id,)


def test_r4_ninety_days_and_active_lately():
    story = [sale(0), ev(61, "visit.day")]

    result = told(*story, as_of=95)

    assert steps(result)[-1] == (90, "relationship.retention", "R4")
    assert result.rows[-1].facets == ("adoption", "retention")
    assert result.rows[-1].evidence == (ev(61, "visit.day").event_id,)


def test_r4_the_silent_customer_is_retained_on_coming_back():
    result = told(sale(0), ev(59, "visit.day"), ev(130, "visit.day"), as_of=140)

    assert steps(result)[-1] == (130, "relationship.retention", "R4")


def test_r4_renewal_is_retention_at_once():
    story = [subscription(0, "started", cents=900), subscription(40, "renewed")]

    assert steps(told(*story, as_of=50))[-1] == (40, "relationship.retention", "R4")


def test_r5_upgrade_is_expansion():
    story = [subscription(0, "started", cents=900), subscription(50, "upgraded", seats=9)]

    assert steps(told(*story, as_of=60))[-1] == (50, "relationship.expansion", "R5")


def test_r5_more_seats_are_expansion_and_fewer_are_not():
    begin = subscription(0, "started", cents=900, seats=5)
    more, fewer = subscription(50, "renewed", seats=6), subscription(50, "renewed", seats=4)

    assert "expansion" in told(begin, more, as_of=60).state.facets
    assert "expansion" not in told(begin, fewer, as_of=60).state.facets


def test_r5_second_product_counts_and_the_same_again_does_not():
    first = sale(0, products=["mill"])
    second, same = sale(40, "order-2", products=["press"]), sale(40, "order-2", products=["mill"])

    assert steps(told(first, second, as_of=60))[-1] == (40, "relationship.expansion", "R5")
    assert "expansion" not in told(first, same, as_of=60).state.facets


def test_r5_an_upgrade_in_the_first_weeks_is_held_on_settling_in():
    story = [subscription(0, "started", cents=900), subscription(10, "upgraded")]

    last = told(*story, as_of=30).rows[-1]

    assert (last.rule, last.sub_stage, last.facets) == ("R3", "expansion", ("adoption", "expansion"))
    assert last.facts == {"days": 30, "R5": {"what": "an upgrade"}}
    assert last.sentence == "Has been a customer for 30 days. Bought more: an upgrade."
    assert set(last.evidence) == {story[0].event_id, story[1].event_id}


def test_r6_advocacy_comes_and_goes_with_its_span():
    result = told(sale(0), as_of=150, spans=[ADVOCATE])

    assert steps(result)[-2:] == [(50, "relationship.advocacy", "R6"), (120, "relationship.adoption", "R6")]
    assert result.rows[-1].evidence == ADVOCATE.evidence
    assert told(sale(0), as_of=60, spans=[ADVOCATE]).state.next_due_why == "activity"


def test_r6_an_advocate_who_never_bought_stays_where_they_are():
    result = told(ev(0, "reply.created"), as_of=60, spans=[ADVOCATE])

    assert result.state.stage == "engagement"
    assert result.state.facets == ()


def test_r6_a_span_without_evidence_is_ignored():
    result = told(sale(0), as_of=60, spans=[Span(on(40), None, ())])

    assert result.state.facets == ("adoption",)


def test_l1_silence_of_180_days_lapses():
    contributed = ev(0, "reply.created")

    assert told(contributed, as_of=179).state.stage == "engagement"
    result = told(contributed, as_of=180)
    assert steps(result)[-1] == (180, "discovery.dormant", "L1")
    assert result.rows[-1].evidence == (contributed.event_id,)


def test_l1_activity_on_the_very_deadline_renews():
    result = told(ev(0, "reply.created"), ev(180, "visit.day"), as_of=200)

    assert steps(result) == [(0, "engagement.exploring", "E1")]
    assert result.state.next_due_why == "activity"


def test_l1_a_vote_received_keeps_nobody_awake():
    result = told(ev(0, "reply.created"), ev(100, "helpful_vote.received"), as_of=200)

    assert steps(result)[-1] == (180, "discovery.dormant", "L1")


def test_l1_coming_back_is_discovery_and_contributing_is_engagement():
    story = [REGISTERED, ev(0, "reply.created"), ev(300, "visit.day"), ev(310, "reply.created")]

    result = told(*story, as_of=320)

    assert steps(result)[1:] == [
        (180, "discovery.dormant", "L1"),
        (300, "discovery.registered", "D1"),
        (310, "engagement.exploring", "E1"),
    ]
    assert result.rows[2].sentence == "Came back: visited the site."


def test_silence_never_moves_a_customer():
    result = told(sale(0), as_of=2000)

    assert result.state.stage == "relationship"
    assert result.state.activity == "dormant"


def test_l2_full_refund_leads_to_win_back():
    result = told(sale(0), refund(10), as_of=20)

    assert steps(result)[-1] == (10, "engagement.win_back", "L2")
    assert result.rows[-1].evidence == (refund(10).event_id,)
    assert result.rows[0].effective_on == on(0)
    assert result.state.customer_since is None


def test_l2_partial_refunds_leave_when_nothing_is_left():
    halves = [refund(10, cents=2000, full=False), refund(12, cents=2900, full=False)]

    assert told(sale(0), halves[0], as_of=20).state.stage == "conversion"
    assert steps(told(sale(0), *halves, as_of=20))[-1] == (12, "engagement.win_back", "L2")


def test_l2_refund_of_one_of_two_orders_keeps_the_customer():
    assert told(sale(0), sale(3, "order-2"), refund(10), as_of=20).state.stage == "conversion"


def test_l2_cancellation_leaves_on_its_day():
    story = [subscription(0, "started", cents=900), subscription(50, "cancelled")]

    result = told(*story, as_of=60)

    assert steps(result)[-1] == (50, "engagement.win_back", "L2")
    assert result.rows[-1].prev == "relationship"


def test_l2_cancelling_one_of_two_subscriptions_keeps_the_customer():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]

    result = told(*story, subscription(50, "cancelled", "sub-2"), as_of=60)

    assert result.state.stage == "relationship"


def test_l2_cancelling_a_subscription_we_never_saw_keeps_those_we_did():
    story = [subscription(0, "started", cents=900), subscription(50, "cancelled", "sub-9")]

    assert told(*story, as_of=60).state.stage == "relationship"


def test_l2_not_renewing_leaves_after_the_days_of_grace():
    story = [subscription(0, "started", cents=900), subscription(60, "lapsed")]

    assert told(*story, as_of=73).state.stage == "relationship"
    assert told(*story, as_of=73).state.next_due == on(74)
    assert steps(told(*story, as_of=74))[-1] == (74, "engagement.win_back", "L2")
    assert told(*story, as_of=74).rows[-1].sentence == (
        "No longer a customer: did not renew, and the grace period of 14 days is over."
    )


def test_l2_renewing_on_the_last_day_of_grace_renews():
    story = [
        subscription(0, "started", cents=900),
        subscription(60, "lapsed"),
        subscription(74, "renewed"),
    ]

    assert told(*story, as_of=100).state.stage == "relationship"


def test_l2_one_lapsed_subscription_does_not_end_the_other():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]
    lapsed = subscription(60, "lapsed")

    assert told(*story, lapsed, as_of=100).state.stage == "relationship"
    both = told(*story, lapsed, subscription(90, "cancelled", "sub-2"), as_of=100)
    assert steps(both)[-1] == (90, "engagement.win_back", "L2")


def test_l2_what_ended_long_ago_keeps_nobody():
    story = [subscription(0, "started", cents=900), subscription(0, "started", "sub-2", cents=900)]
    ended, refunded = subscription(60, "lapsed"), refund(90, "sub-2", 900)

    result = told(*story, ended, refunded, as_of=100)

    assert steps(result)[-1] == (90, "engagement.win_back", "L2")


def test_l2_cancelling_what_was_never_bought_is_refused():
    result = told(REGISTERED, subscription(5, "cancelled"), as_of=10)

    assert [row.stage for row in result.rows] == ["discovery"]
    assert result.refusals == (Refusal(on(5), "L2", "discovery", "engagement"),)


def test_l2_silence_after_leaving_lapses_from_the_day_of_leaving():
    story = [subscription(0, "started", cents=900), subscription(400, "lapsed")]

    result = told(*story, as_of=700)

    assert steps(result)[-2:] == [(414, "engagement.win_back", "L2"), (594, "discovery.dormant", "L1")]


def test_buying_again_is_the_next_cycle():
    story = [sale(0), refund(10), sale(100, "order-2")]

    result = told(*story, as_of=110)

    assert steps(result)[-1] == (100, "conversion.repurchase", "C1")
    assert [row.cycle for row in result.rows] == [1, 1, 2]


def test_win_back_contributing_is_no_first_contribution_but_intent_is_evaluating():
    story = [sale(0), refund(10), ev(20, "reply.created")]

    assert told(*story, as_of=25).state.sub_stage == "win_back"
    assert told(*story, ev(24, "trial.started"), as_of=25).state.sub_stage == "evaluating"


def test_facets_end_with_the_cycle():
    story = [
        subscription(0, "started", cents=900),
        subscription(50, "upgraded"),
        subscription(60, "cancelled"),
    ]
    again = subscription(100, "started", "sub-2", cents=900)

    result = told(*story, again, as_of=130)

    assert result.state.facets == ("adoption",)


def test_every_edge_that_is_not_allowed_is_refused():
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


def test_rules_that_would_convert_by_behaviour_are_refused():
    rules = RULES.model_dump() | {"C1": {"kinds": ["demo.requested"]}}

    with pytest.raises(ValueError, match="Only purchases and subscriptions can lead to conversion"):
        parse_ruleset(rules)


def test_rules_with_an_unknown_entry_are_refused():
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        parse_ruleset(RULES.model_dump() | {"E9": {}})


def test_rules_whose_ages_are_out_of_order_are_refused():
    activity = {"new": 7, "active": 90, "cooling": 30, "resurrected": 14}

    with pytest.raises(ValueError, match="must be less than"):
        parse_ruleset(RULES.model_dump() | {"activity": activity})


def test_engine_needs_no_django():
    script = (
        "import sys; sys.modules['django'] = None\n"
        "import journeys.engine.fold, journeys.engine.rollup, journeys.engine.default_rules"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
