"""The last day and the first day after every number of days in the rules, and who wins where rules meet."""

from __future__ import annotations

from uuid import UUID

import pytest

from journeys.engine.facts import Span

from .stories import at, ev, fold_events, on, refund, sale, steps, subscription

CUSTOMER = [sale(0), ev(1, "onboarding.completed")]
PAID = [subscription(0, "started", cents=900), ev(1, "onboarding.completed")]
VISIT = ev(0, "visit.day")


def calls(*days):
    return [ev(day, "call.logged") for day in days]


def reads(*days):
    return [ev(day, "pricing.viewed") for day in days]


def nps(day, score):
    return ev(day, "nps.answered", props={"score": score})


def failed(day):
    return ev(day, "payment.failed", props={})


def position(*events, as_of):
    state = fold_events(*events, as_of=as_of).state
    return f"{state.stage}.{state.sub_stage}"


@pytest.mark.parametrize(
    ("events", "as_of", "where"),
    [
        # E2: 20 points in any 30 days, the first and the last included
        (calls(0, 1, 29), 29, "engagement.exploring"),
        (calls(0, 1, 30), 30, "discovery.anonymous"),
        # E3: three reads in any 14 days
        (reads(0, 1, 13), 13, "engagement.evaluating"),
        (reads(0, 1, 14), 14, "discovery.anonymous"),
        # R2: the day of the purchase is not a day after it
        ([sale(0), *[ev(day, "visit.day") for day in (0, 1, 2)]], 2, "conversion.first_purchase"),
        ([sale(0), *[ev(day, "visit.day") for day in (0, 1, 2, 3)]], 3, "relationship.adoption"),
        # R3: 30 days since the purchase
        ([sale(0)], 29, "conversion.first_purchase"),
        ([sale(0)], 30, "relationship.adoption"),
        # R4: 90 days a customer, and active in the last 30
        ([*CUSTOMER, ev(60, "visit.day")], 89, "relationship.adoption"),
        ([*CUSTOMER, ev(60, "visit.day")], 90, "relationship.retention"),
        ([*CUSTOMER, ev(59, "visit.day")], 90, "relationship.adoption"),
        ([*CUSTOMER, ev(59, "visit.day"), ev(200, "helpful_vote.received")], 201, "relationship.adoption"),
        # L1: 180 days of silence
        ([ev(0, "reply.created")], 179, "engagement.exploring"),
        ([ev(0, "reply.created")], 180, "discovery.dormant"),
        ([ev(0, "reply.created"), ev(180, "visit.day")], 359, "engagement.exploring"),
        ([ev(0, "reply.created"), ev(180, "visit.day")], 360, "discovery.dormant"),
        # L2: 14 days of grace
        ([*PAID, subscription(60, "lapsed")], 73, "relationship.adoption"),
        ([*PAID, subscription(60, "lapsed")], 74, "engagement.win_back"),
        ([*PAID, subscription(60, "lapsed"), subscription(74, "downgraded")], 80, "relationship.adoption"),
        ([*PAID, subscription(60, "lapsed"), subscription(75, "downgraded")], 80, "engagement.win_back"),
        # A further notice of the same lapse does not prolong it; one after a continuation starts anew.
        ([*PAID, subscription(60, "lapsed"), subscription(70, "lapsed")], 74, "engagement.win_back"),
        (
            [*PAID, subscription(60, "lapsed"), subscription(65, "downgraded"), subscription(70, "lapsed")],
            83,
            "relationship.adoption",
        ),
        (
            [*PAID, subscription(60, "lapsed"), subscription(65, "downgraded"), subscription(70, "lapsed")],
            84,
            "engagement.win_back",
        ),
    ],
)
def test_stages_at_the_ends_of_their_days(events, as_of, where):
    assert position(*events, as_of=as_of) == where


@pytest.mark.parametrize(
    ("events", "as_of", "risks"),
    [
        *[([nps(10, score)], 11, ("detractor",)) for score in (0, 5, 6)],
        *[([nps(10, score)], 11, ()) for score in (7, 8, 9, 10)],
        ([nps(10, 6)], 70, ("detractor",)),
        ([nps(10, 6)], 71, ()),
        # A later answer replaces the earlier one, and starts its own 60 days.
        ([nps(10, 2), nps(30, 7)], 29, ("detractor",)),
        ([nps(10, 2), nps(30, 7)], 30, ()),
        ([nps(10, 2), nps(30, 6)], 90, ("detractor",)),
        ([nps(10, 2), nps(30, 6)], 91, ()),
        ([nps(10, 9), nps(30, 6)], 31, ("detractor",)),
        ([failed(10)], 40, ("payment_failed",)),
        ([failed(10)], 41, ()),
        ([failed(10), failed(20)], 50, ("payment_failed",)),
        ([failed(10), failed(20)], 51, ()),
        ([failed(10), sale(20, "order-2"), failed(30)], 31, ("payment_failed",)),
    ],
)
def test_risks_at_the_ends_of_their_days(events, as_of, risks):
    assert fold_events(*CUSTOMER, *events, as_of=as_of).state.risks == risks


# Of the 30 days before day 120, and of the 90 before those.
@pytest.mark.parametrize(
    ("active", "halved"),
    [
        ([*range(1, 7)], True),
        ([*range(2, 7)], False),  # fewer than six
        ([0, *range(2, 7)], False),  # day 0 is the 121st
        ([*range(1, 6), 90], True),  # day 90 is the last one before the 30 days
        ([*range(1, 6), 91], False),
        ([*range(1, 7), 91], True),  # exactly half
        ([*range(1, 6), 90, 91], True),
        ([*range(1, 6), 91, 92], False),
        ([*range(1, 7), 91, 92], False),
        ([*range(1, 106)], True),  # all 90 days, then 15 of 30
        ([*range(1, 107)], False),
    ],
)
def test_halved_activity_at_the_ends_of_its_days(active, halved):
    # The purchase is an active day as well, so it was long before.
    visits = [ev(200 + day, "visit.day") for day in active]

    risks = fold_events(sale(0), *visits, as_of=320).state.risks

    assert ("activity_halved" in risks) is halved


@pytest.mark.parametrize(
    ("events", "as_of", "activity"),
    [
        ([VISIT], 7, "new"),
        ([VISIT], 8, "active"),
        ([VISIT], 30, "active"),
        ([VISIT], 31, "cooling"),
        ([VISIT], 90, "cooling"),
        ([VISIT], 91, "dormant"),
        ([VISIT, ev(90, "visit.day")], 90, "active"),
        ([VISIT, ev(91, "visit.day")], 91, "resurrected"),
        ([VISIT, ev(91, "visit.day")], 105, "resurrected"),
        ([VISIT, ev(91, "visit.day")], 106, "active"),
        ([VISIT, ev(91, "visit.day")], 121, "active"),
        ([VISIT, ev(91, "visit.day")], 122, "cooling"),
    ],
)
def test_activity_at_the_ends_of_its_days(events, as_of, activity):
    assert fold_events(*events, as_of=as_of).state.activity == activity


def test_interest_before_a_purchase_is_no_interest_after_leaving():
    bought = [*reads(8, 9), sale(10)]

    assert position(*bought, refund(12), *reads(13), as_of=14) == "engagement.win_back"
    assert position(*bought, refund(12), *reads(13, 14, 15), as_of=15) == "engagement.evaluating"
    # A purchase refunded on its day never was one, so the interest before it stands.
    assert position(*bought, refund(10), *reads(13), as_of=14) == "engagement.evaluating"


@pytest.mark.parametrize(
    ("onboarded", "entered"),
    [
        (ev(4, "onboarding.completed"), (35, "R3")),
        (at(9, ev(5, "onboarding.completed")), (6, "R1")),
        (ev(6, "onboarding.completed"), (6, "R1")),
    ],
    ids=["before", "the same day", "after"],
)
def test_onboarding_before_the_day_of_the_purchase_does_not_count(onboarded, entered):
    result = fold_events(VISIT, onboarded, at(17, sale(5)), as_of=40)

    assert steps(result)[-1] == (entered[0], "relationship.adoption", entered[1])


def test_onboarding_of_an_earlier_cycle_does_not_count():
    again = [sale(0), ev(0, "onboarding.completed"), refund(10), sale(100, "order-2")]

    assert position(*again, as_of=129) == "conversion.repurchase"
    assert position(*again, as_of=130) == "relationship.adoption"


def test_stage_since_is_the_day_of_the_stage_and_not_of_the_sub_stage():
    story = [VISIT, ev(2, "member.registered"), ev(5, "reply.created"), ev(8, "demo.requested")]
    story += [sale(20), ev(25, "onboarding.completed"), ev(100, "visit.day"), refund(130)]

    days = {
        as_of: fold_events(*story, as_of=as_of).state.stage_since for as_of in (3, 6, 9, 21, 26, 111, 131)
    }

    assert days == {3: on(0), 6: on(5), 9: on(5), 21: on(20), 26: on(25), 111: on(25), 131: on(130)}
    assert position(*story, as_of=111) == "relationship.retention"


def test_the_sub_stage_is_the_highest_facet():
    advocate = Span(on(60), on(70), (UUID(int=1),))
    story = [*PAID, subscription(20, "upgraded"), subscription(40, "renewed")]

    result = fold_events(*story, as_of=80, spans=[advocate])

    assert [(row.effective_on, row.sub_stage, row.facets) for row in result.rows[1:]] == [
        (on(1), "adoption", ("adoption",)),
        (on(20), "expansion", ("adoption", "expansion")),
        (on(40), "expansion", ("adoption", "retention", "expansion")),
        (on(60), "advocacy", ("adoption", "retention", "expansion", "advocacy")),
        (on(70), "expansion", ("adoption", "retention", "expansion")),
    ]


def test_r6_follows_every_span_between_events():
    spans = [
        Span(on(-9), on(-5), (UUID(int=1),)),
        Span(on(-3), on(20), (UUID(int=2),)),
        Span(on(50), on(60), (UUID(int=3),)),
        Span(on(60), on(61), (UUID(int=4),)),
        Span(on(80), None, (UUID(int=5),)),
    ]

    result = fold_events(*CUSTOMER, as_of=400, spans=spans)

    assert [(row.effective_on, row.sub_stage, row.evidence[-1].int) for row in result.rows[1:]] == [
        (on(1), "advocacy", 2),
        (on(20), "adoption", 2),
        (on(50), "advocacy", 3),
        (on(61), "adoption", 4),
        (on(80), "advocacy", 5),
    ]


def test_r6_the_next_span_is_due():
    spans = [Span(on(50), on(55), (UUID(int=3),)), Span(on(58), None, (UUID(int=4),))]
    story = [*CUSTOMER, ev(45, "visit.day")]

    due = [fold_events(*story, as_of=day, spans=spans).state for day in (49, 50, 55)]

    assert [(state.next_due, state.next_due_why) for state in due] == [
        (on(50), "R6"),
        (on(55), "R6"),
        (on(58), "R6"),
    ]


def test_active_days_of_an_earlier_cycle_do_not_count():
    before = [sale(0), ev(1, "visit.day"), ev(2, "visit.day"), refund(10), sale(100, "order-2")]

    assert position(*before, ev(101, "visit.day"), as_of=101) == "conversion.repurchase"


def test_cancelling_on_the_last_day_of_grace_of_another_subscription_ends_the_relationship():
    other = subscription(0, "started", "sub-2", cents=900)
    cancelled = subscription(74, "cancelled", "sub-2")

    for later in ([], [at(20, subscription(74, "cancelled"))]):
        last = fold_events(*PAID, other, subscription(60, "lapsed"), cancelled, *later, as_of=80).rows[-1]

        assert (last.effective_on, last.sub_stage, last.evidence) == (
            on(74),
            "win_back",
            (cancelled.event_id,),
        )


@pytest.mark.parametrize(("onboarded", "lapsed", "ends"), [(False, 16, 30), (True, 76, 90)], ids=["R3", "R4"])
def test_the_end_of_a_relationship_comes_before_other_deadlines_of_its_day(onboarded, lapsed, ends):
    story = [*(PAID if onboarded else PAID[:1]), subscription(lapsed, "lapsed"), ev(ends - 2, "visit.day")]

    state = fold_events(*story, as_of=ends - 1).state

    assert (state.next_due, state.next_due_why) == (on(ends), "L2")
    assert steps(fold_events(*story, as_of=ends))[-1] == (ends, "engagement.win_back", "L2")
