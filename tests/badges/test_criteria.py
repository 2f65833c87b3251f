import math

import pytest
from django.core.exceptions import ValidationError

from community.badges import criteria
from community.badges.criteria import AllRule, EventRule, HandRule, PostRule, YearsRule
from tests.factories.badges import BadgeFactory


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"event": "answer.accepted"}, EventRule(event="answer.accepted", at_least=1)),
        (
            {"event": "visit.day", "each": "day", "at_least": 10, "window_days": 10},
            EventRule(event="visit.day", each="day", at_least=10, window_days=10),
        ),
        (
            {"post": "answer", "number": "score", "at_least": 10},
            PostRule(post="answer", number="score", at_least=10),
        ),
        ({"years": "each"}, YearsRule(years="each")),
        ({"by": "hand"}, HandRule(by="hand")),
    ],
)
def test_parse_returns_the_rule(rule, expected):
    assert criteria.parse(rule) == expected


def test_parse_returns_combined_rules():
    rule = criteria.parse(
        {
            "all": [
                {"event": "reaction.given", "at_least": 10},
                {"post": "any", "number": "like_count", "at_least": 1, "times": 20},
            ]
        }
    )

    assert isinstance(rule, AllRule)
    assert [type(part) for part in rule.all] == [EventRule, PostRule]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ([1], "A rule must contain one of: event, post, years, all, by."),
        ({}, "A rule must contain one of: event, post, years, all, by."),
        ({"event": "answer.ignored"}, "event: there is no event called “answer.ignored”."),
        (
            {"event": "answer.accepted", "at_least": 0},
            "at_least must be at least 1.",
        ),
        ({"event": "answer.accepted", "at_least": 10**20}, "at_least must be at most 1000000."),
        ({"event": "answer.accepted", "at_least": True}, "at_least must be a whole number."),
        ({"event": "answer.accepted", "window_days": 10**10}, "window_days must be at most 36500."),
        ({"post": "any", "number": "score", "at_least": 3 * 10**9}, "at_least must be at most 1000000."),
        ({"event": "answer.accepted", "where": {"a\0": 1}}, "where: this contains a NUL character."),
        ({"event": "answer.accepted", "where": {"a": math.inf}}, "where: this cannot be stored as JSON."),
        ({"event": "answer.accepted", "where": {"a": "\ud800"}}, "where: this cannot be stored as JSON."),
        ({"event": "answer.accepted", "sql": "x"}, "sql is not a known setting; check the spelling."),
        (
            {"post": "answer", "number": "beauty", "at_least": 1},
            "number must be one of 'score', 'like_count' or 'view_count'.",
        ),
        (
            {
                "all": [
                    {"event": "reaction.given"},
                    {"post": "any", "number": "score", "at_least": 1},
                ]
            },
            "all: a rule about posts inside “all” needs “times”.",
        ),
    ],
)
def test_parse_refuses_an_invalid_rule(rule, sentence):
    with pytest.raises(ValueError) as refusal:
        criteria.parse(rule)

    assert str(refusal.value) == sentence


def test_badge_clean_reports_an_invalid_rule():
    badge = BadgeFactory.build(rule={"event": "answer.ignored"})

    with pytest.raises(ValidationError) as refusal:
        badge.clean()

    assert refusal.value.message_dict == {"rule": ["event: there is no event called “answer.ignored”."]}
