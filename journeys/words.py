"""Stages, activity and early signs in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .engine import activity, stages

STAGE_MEANS: Final[Mapping[str, str]] = {
    stages.DISCOVERY: "They know of us.",
    stages.ENGAGEMENT: "Interest on both sides.",
    stages.CONVERSION: "Has bought: the delicate first weeks.",
    stages.RELATIONSHIP: "Living with it.",
}
# The same to the member.
STAGE_FOR_YOU: Final[Mapping[str, str]] = {
    stages.DISCOVERY: "You know of us and are looking around. Take your time.",
    stages.ENGAGEMENT: "You take part: asking, answering, comparing.",
    stages.CONVERSION: "You have become a customer. The first weeks are when questions come up; ask them here.",
    stages.RELATIONSHIP: "You are a customer and part of what makes this community work.",
}
RISKS: Final[Mapping[str, str]] = {
    activity.DETRACTOR: "Said they would not recommend us",
    activity.PAYMENT: "A payment failed",
    activity.TICKET: "A severe support ticket is open",
    activity.HALVED: "Half as active as in the three months before",
}
RISKS_FOR_YOU: Final[Mapping[str, str]] = {
    activity.DETRACTOR: "You told us that you would not recommend us.",
    activity.PAYMENT: "A payment of yours did not go through.",
    activity.TICKET: "A serious support ticket of yours is open.",
    activity.HALVED: "You were here less than in the months before.",
}
RULES: Final[Mapping[str, tuple[str, str]]] = {
    "D1": ("Discovery", "The first touch of any kind."),
    "E1": ("Engagement, exploring", "The first contribution: a topic, a question or a reply."),
    "E2": ("Engagement, exploring", "{points:g} points of interest within {days} days."),
    "E3": (
        "Engagement, evaluating",
        "A question in a prospect forum, a demo, a trial or an open opportunity; or prices, comparisons and "
        "reviews read {reads_needed} times within {reads_days} days.",
    ),
    "C1": (
        "Conversion",
        "A purchase or subscription with an amount above zero that is no test and still stands.",
    ),
    "R1": ("Relationship, adoption", "Onboarding is completed."),
    "R2": ("Relationship, adoption", "Active on {active_days} days after the purchase."),
    "R3": ("Relationship, adoption", "{days} days since the purchase, and not refunded."),
    "R4": (
        "Facet retention",
        "A renewal, or {days} days as a customer and active in the last {active_within}.",
    ),
    "R5": ("Facet expansion", "An upgrade, more seats or a second product."),
    "R6": (
        "Facet advocacy",
        "An advocacy score of 40 with at least 5 points from 2 kinds of acts; left below 30.",
    ),
    "L1": ("Back to discovery, dormant", "Nothing heard for {days} days. An event on the very day renews."),
    "L2": (
        "Back to engagement, win back",
        "Cancelled, fully refunded, or not renewed with {grace_days} days of grace.",
    ),
    "A1": (
        "Flag: at risk",
        "Any two of: a detractor's answer within {detractor_days} days, a payment that failed within "
        "{payment_days} days, a ticket of severity {severity} open, activity halved.",
    ),
}
# Votes and likes are the voters' own business: staff see them as companions, members do not.
UNNAMED: Final[frozenset[str]] = frozenset(
    {"found an answer helpful", "voted for a question", "liked a post"}
)
FOR_YOU: Final[Mapping[str, str]] = {
    "mentioned them": "mentioned you",
    "invited them": "invited you",
    "answered": "answered you",
    "solved a question": "solved a question of yours",
    "answered in a prospect forum": "answered you in a prospect forum",
    "answered in a prospect forum as a peer": "answered you in a prospect forum, as a customer",
}
