"""The default rules, typed out from the journey model instead of imported."""

from __future__ import annotations

import pytest

from journeys.engine.default_rules import DEFAULT_RULES

from .stories import ev, fold_events

POINTS = {
    0.1: ["page.viewed", "topic.viewed"],
    0.5: ["reaction.given", "search.performed"],
    1: ["content.viewed", "visit.day"],
    2: [
        "group.joined",
        "member.followed",
        "profile.completed",
        "question.resolved",
        "review.read",
    ],
    3: [
        "comparison.viewed",
        "feature.adopted",
        "newsletter.subscribed",
        "onboarding.completed",
        "onboarding.step_done",
        "pricing.viewed",
        "product.activated",
        "reply.created",
    ],
    5: [
        "advisory.attended",
        "article.published",
        "beta.participated",
        "idea.shipped",
        "idea.submitted",
        "member.registered",
        "question.asked",
        "shortlist.created",
        "shortlist.shared",
        "story.shared",
        "talk.given",
        "teammate.invited",
        "topic.created",
        "webinar.attended",
    ],
    8: ["call.logged", "event.attended", "meeting.held", "social.pinged"],
    10: ["opportunity.lost", "opportunity.opened", "prospect.question_asked"],
    20: ["demo.requested", "trial.started"],
}
CAPS = {"reaction.given": 10, "search.performed": 10, "topic.viewed": 50}
NUMBERS = {
    "E2": {"points": 20, "days": 30},
    "E3": {"reads_needed": 3, "reads_days": 14},
    "R2": {"active_days": 3},
    "R3": {"days": 30},
    "R4": {"days": 90, "active_within": 30},
    "L1": {"days": 180},
    "L2": {"grace_days": 14},
    "A1": {"detractor_days": 60, "payment_days": 30, "severity": 1, "least_active_days": 6},
    "activity": {"new": 7, "active": 30, "cooling": 90, "resurrected": 14},
}


def test_points_are_those_of_the_model():
    assert DEFAULT_RULES["points"] == {kind: points for points, kinds in POINTS.items() for kind in kinds}


def test_daily_caps_are_those_of_the_model():
    assert DEFAULT_RULES["day_caps"] == CAPS


@pytest.mark.parametrize("rule", NUMBERS)
def test_numbers_are_those_of_the_model(rule):
    assert {key: DEFAULT_RULES[rule][key] for key in NUMBERS[rule]} == NUMBERS[rule]


@pytest.mark.parametrize(
    ("kind", "a_day", "other_points", "stage"),
    [
        # One day gives at most 5 points, so three of them and 5 points of others are needed for 20.
        ("topic.viewed", 50, 5, "engagement"),
        ("topic.viewed", 49, 5, "discovery"),
        ("topic.viewed", 500, 0, "discovery"),
        ("search.performed", 10, 5, "engagement"),
        ("search.performed", 9, 5, "discovery"),
        ("search.performed", 100, 0, "discovery"),
        ("reaction.given", 10, 5, "engagement"),
        ("reaction.given", 9, 5, "discovery"),
        ("reaction.given", 100, 0, "discovery"),
    ],
)
def test_events_of_a_day_count_up_to_the_cap(kind, a_day, other_points, stage):
    events = [ev(day, kind, nth) for day in range(3) for nth in range(a_day)]
    others = [ev(2, "visit.day", nth) for nth in range(other_points)]

    assert fold_events(*events, *others, as_of=5).state.stage == stage
