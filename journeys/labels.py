"""Display labels of stages, rules, risks and companions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from .engine import activity, stages

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STAGE_MEANS: Final[Mapping[str, StrOrPromise]] = {
    stages.DISCOVERY: _("Knows about us."),
    stages.ENGAGEMENT: _("Takes part or shows interest."),
    stages.CONVERSION: _("Bought recently and is getting started."),
    stages.RELATIONSHIP: _("Established customer."),
}
# The same, addressed to the member.
STAGE_FOR_YOU: Final[Mapping[str, StrOrPromise]] = {
    stages.DISCOVERY: _("You are getting to know the community."),
    stages.ENGAGEMENT: _("You take part in discussions and compare products."),
    stages.CONVERSION: _("You recently became a customer. Ask here if you have questions."),
    stages.RELATIONSHIP: _("You are a customer and an active part of this community."),
}
RISKS: Final[Mapping[str, StrOrPromise]] = {
    activity.DETRACTOR: _("Would not recommend us"),
    activity.PAYMENT: _("A payment failed"),
    activity.TICKET: _("A severe support ticket is open"),
    activity.HALVED: _("Activity is down by half compared with the previous three months"),
}
RISKS_FOR_YOU: Final[Mapping[str, StrOrPromise]] = {
    activity.DETRACTOR: _("You told us that you would not recommend us."),
    activity.PAYMENT: _("One of your payments failed."),
    activity.TICKET: _("You have an open support ticket with high severity."),
    activity.HALVED: _("You have been less active than in previous months."),
}
RULES: Final[Mapping[str, tuple[StrOrPromise, StrOrPromise]]] = {
    "D1": (_("Discovery"), _("The first touch of any kind.")),
    "E1": (_("Engagement, exploring"), _("The first contribution: a topic, a question or a reply.")),
    "E2": (_("Engagement, exploring"), _("{points:g} points of interest within {days} days.")),
    "E3": (
        _("Engagement, evaluating"),
        _(
            "A question in a prospect forum, a demo, a trial or an open opportunity; or prices, comparisons and "
            "reviews read {reads_needed} times within {reads_days} days."
        ),
    ),
    "C1": (
        _("Conversion"),
        _("A purchase or subscription with an amount above zero that is no test and still stands."),
    ),
    "R1": (_("Relationship, adoption"), _("Onboarding is completed.")),
    "R2": (_("Relationship, adoption"), _("Active on {active_days} days after the purchase.")),
    "R3": (_("Relationship, adoption"), _("{days} days since the purchase, and not refunded.")),
    "R4": (
        _("Facet retention"),
        _("A renewal, or {days} days as a customer and active in the last {active_within}."),
    ),
    "R5": (_("Facet expansion"), _("An upgrade, more seats or a second product.")),
    "R6": (
        _("Facet advocacy"),
        _("An advocacy score of 40 with at least 5 points from 2 kinds of acts; left below 30."),
    ),
    "L1": (
        _("Back to discovery, dormant"),
        _("Nothing heard for {days} days. An event on the very day renews."),
    ),
    "L2": (
        _("Back to engagement, win back"),
        _("Cancelled, fully refunded, or not renewed with {grace_days} days of grace."),
    ),
    "A1": (
        _("Flag: at risk"),
        _(
            "Any two of: a detractor's answer within {detractor_days} days, a payment that failed within "
            "{payment_days} days, a ticket of severity {severity} open, activity halved."
        ),
    ),
}
# Votes and likes are private: staff see them among the companions, members do not.
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
